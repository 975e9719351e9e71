//! The code letters of ITCH.

use crate::code::codes;

codes! {
    /// The side of an order.
    Side: u8 {
        /// Buy.
        Buy = b'B',
        /// Sell.
        Sell = b'S',
    }

    /// A property that a stock has or has not.
    Flag: u8 {
        /// It has.
        Yes = b'Y',
        /// It has not.
        No = b'N',
        /// Not available.
        NotAvailable = b' ',
    }

    /// A part of the day that begins or ends, in the order of the day.
    EventCode: u8 {
        /// Messages begin.
        StartOfMessages = b'O',
        /// The system opens for orders.
        StartOfSystemHours = b'S',
        /// The market opens.
        StartOfMarketHours = b'Q',
        /// The market has closed.
        EndOfMarketHours = b'M',
        /// The system takes no more orders.
        EndOfSystemHours = b'E',
        /// No more messages today.
        EndOfMessages = b'C',
    }

    /// The market that lists a stock.
    MarketCategory: u8 {
        /// Nasdaq Global Select Market.
        NasdaqGlobalSelect = b'Q',
        /// Nasdaq Global Market.
        NasdaqGlobal = b'G',
        /// Nasdaq Capital Market.
        NasdaqCapital = b'S',
        /// NYSE.
        Nyse = b'N',
        /// NYSE American.
        NyseAmerican = b'A',
        /// NYSE Arca.
        NyseArca = b'P',
        /// NYSE Texas.
        NyseTexas = b'M',
        /// BATS Z.
        BatsZ = b'Z',
        /// Investors Exchange.
        InvestorsExchange = b'V',
        /// Not available.
        NotAvailable = b' ',
    }

    /// Whether an issuer does what it must.
    FinancialStatus: u8 {
        /// Deficient.
        Deficient = b'D',
        /// Delinquent.
        Delinquent = b'E',
        /// Bankrupt.
        Bankrupt = b'Q',
        /// Suspended.
        Suspended = b'S',
        /// Deficient and bankrupt.
        DeficientBankrupt = b'G',
        /// Deficient and delinquent.
        DeficientDelinquent = b'H',
        /// Delinquent and bankrupt.
        DelinquentBankrupt = b'J',
        /// All three.
        DeficientDelinquentBankrupt = b'K',
        /// Creations and redemptions are suspended.
        CreationsSuspended = b'C',
        /// Normal.
        Normal = b'N',
        /// Not available.
        NotAvailable = b' ',
    }

    /// The class of a security.
    IssueClassification: u8 {
        /// American depositary share.
        AmericanDepositaryShare = b'A',
        /// Bond.
        Bond = b'B',
        /// Common stock.
        CommonStock = b'C',
        /// Depository receipt.
        DepositoryReceipt = b'F',
        /// Security under rule 144A.
        Rule144A = b'I',
        /// Limited partnership.
        LimitedPartnership = b'L',
        /// Notes.
        Notes = b'N',
        /// Ordinary share.
        OrdinaryShare = b'O',
        /// Preferred stock.
        PreferredStock = b'P',
        /// Other securities.
        OtherSecurities = b'Q',
        /// Right.
        Right = b'R',
        /// Shares of beneficial interest.
        BeneficialInterest = b'S',
        /// Convertible debenture.
        ConvertibleDebenture = b'T',
        /// Unit.
        Unit = b'U',
        /// Units of beneficial interest.
        UnitsOfBeneficialInterest = b'V',
        /// Warrant.
        Warrant = b'W',
    }

    /// Whether a security is real.
    Authenticity: u8 {
        /// It is.
        Production = b'P',
        /// It is for tests.
        Test = b'T',
    }

    /// Whether a stock is new on the market.
    IpoFlag: u8 {
        /// It is set up for the release of its offering.
        SetUp = b'Y',
        /// It is not new.
        NotSetUp = b'N',
        /// It is new, without an offering.
        NewWithoutOffering = b'Z',
        /// Not available.
        NotAvailable = b' ',
    }

    /// The tier of the price bands (limit up, limit down).
    LuldTier: u8 {
        /// Tier 1.
        Tier1 = b'1',
        /// Tier 2.
        Tier2 = b'2',
        /// Not available.
        NotAvailable = b' ',
    }

    /// Whether a stock may be traded.
    TradingState: u8 {
        /// Halted everywhere.
        Halted = b'H',
        /// Paused everywhere.
        Paused = b'P',
        /// Orders may be entered, and do not trade.
        QuotationOnly = b'Q',
        /// It may.
        Trading = b'T',
    }

    /// A restriction of short sales.
    RegShoAction: u8 {
        /// None.
        NoPriceTest = b'0',
        /// In effect since a fall of the price today.
        Restricted = b'1',
        /// Still in effect.
        Remains = b'2',
    }

    /// The mode of a market maker.
    MarketMakerMode: u8 {
        /// Normal.
        Normal = b'N',
        /// Passive.
        Passive = b'P',
        /// Syndicate.
        Syndicate = b'S',
        /// Before a syndicate.
        PreSyndicate = b'R',
        /// Penalty.
        Penalty = b'L',
    }

    /// The state of a participant.
    ParticipantState: u8 {
        /// Active.
        Active = b'A',
        /// Excused or withdrawn.
        Excused = b'E',
        /// Withdrawn.
        Withdrawn = b'W',
        /// Suspended.
        Suspended = b'S',
        /// Deleted.
        Deleted = b'D',
    }

    /// A level of the market-wide circuit breaker.
    BreachedLevel: u8 {
        /// Level 1.
        Level1 = b'1',
        /// Level 2.
        Level2 = b'2',
        /// Level 3.
        Level3 = b'3',
    }

    /// Whether quotations of a new stock will be released.
    IpoQualifier: u8 {
        /// They will, at the time given.
        Anticipated = b'A',
        /// The release was canceled or postponed.
        Canceled = b'C',
    }

    /// A market of the group.
    MarketCode: u8 {
        /// Nasdaq.
        Nasdaq = b'Q',
        /// Nasdaq Texas, before called BX.
        NasdaqTexas = b'B',
        /// PSX.
        Psx = b'X',
    }

    /// Whether a market halts a stock.
    HaltAction: u8 {
        /// It does.
        Halted = b'H',
        /// Trading goes on.
        Resumed = b'T',
    }

    /// An auction.
    CrossType: u8 {
        /// The opening auction.
        Opening = b'O',
        /// The closing auction.
        Closing = b'C',
        /// An auction after a halt or a pause, or of a new stock.
        Halt = b'H',
        /// The extended close.
        ExtendedClose = b'A',
    }

    /// The side of an imbalance.
    ImbalanceDirection: u8 {
        /// Buyers are left over.
        Buy = b'B',
        /// Sellers are left over.
        Sell = b'S',
        /// Nobody is.
        None = b'N',
        /// There are too few orders to tell.
        Insufficient = b'O',
        /// The auction is paused.
        Paused = b'P',
    }

    /// How far a price is from another, in per cent.
    PriceVariation: u8 {
        /// Less than 1.
        Below1 = b'L',
        /// 1 to less than 2.
        Below2 = b'1',
        /// 2 to less than 3.
        Below3 = b'2',
        /// 3 to less than 4.
        Below4 = b'3',
        /// 4 to less than 5.
        Below5 = b'4',
        /// 5 to less than 6.
        Below6 = b'5',
        /// 6 to less than 7.
        Below7 = b'6',
        /// 7 to less than 8.
        Below8 = b'7',
        /// 8 to less than 9.
        Below9 = b'8',
        /// 9 to less than 10.
        Below10 = b'9',
        /// 10 to less than 20.
        Below20 = b'A',
        /// 20 to less than 30.
        Below30 = b'B',
        /// 30 or more.
        From30 = b'C',
        /// Not available.
        NotAvailable = b' ',
    }

    /// On which sides there is retail interest.
    InterestFlag: u8 {
        /// To buy.
        Buy = b'B',
        /// To sell.
        Sell = b'S',
        /// Both.
        Both = b'A',
        /// None.
        None = b'N',
    }
}
