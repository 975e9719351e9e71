//! The token that opens a monitor to those who may do more than look from this machine.

use std::fmt;
use std::io;

/// Bytes of a token that was made here.
const TOKEN_BYTES: usize = 16;

/// A secret word; shown by nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token that nobody knows yet: 32 hexadecimal digits.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let digits = format!("{:032x}", u128::from_le_bytes(bytes));
        Ok(Self(digits))
    }

    /// A token of somebody's choice; `None` when it has fewer than 16 characters or others than
    /// letters, digits, `-` and `_`.
    pub fn chosen(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (text.len() >= 16 && text.bytes().all(is_plain)).then(|| Self(text.to_owned()))
    }

    /// The word itself, for whoever stores it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether `text` is the token; takes as long wherever they differ.
    pub(crate) fn is(&self, text: &str) -> bool {
        let differences = self.0.bytes().zip(text.bytes()).fold(0, |seen, (a, b)| seen | (a ^ b));
        self.0.len() == text.len() && differences == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_itself_alone() {
        let token = Token::random().unwrap();
        assert_eq!(token.text().len(), 2 * TOKEN_BYTES);
        assert!(token.is(token.text()));
        assert!(!token.is("") && !token.is(&token.text()[1..]));
        assert_ne!(token, Token::random().unwrap());
        assert!(Token::chosen("short").is_none() && Token::chosen("with a space inside").is_none());
        assert_eq!(Token::chosen("0123456789abcdef").unwrap().text(), "0123456789abcdef");
        assert_eq!(format!("{token:?}"), "Token");
    }
}
