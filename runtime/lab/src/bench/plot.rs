//! Plots of the report: curves on two logarithmic axes, drawn as SVG.
//!
//! Colours are of middle brightness and the ground is left out, so that a plot can be read on a
//! light page and on a dark one.

use highwater_console::CommandError;
use plotters::prelude::*;
use serde_json::Value;
use std::fmt::Display;

/// Size of a plot, in pixels.
const SIZE: (u32, u32) = (1_000, 420);
/// Room right of the axes for the names of the curves, in pixels.
const LEGEND_PIXELS: u32 = 250;
/// Text and axes.
const INK: RGBColor = RGBColor(128, 128, 128);
/// Curves, one after another.
const COLOURS: [RGBColor; 8] = [
    RGBColor(38, 139, 210),
    RGBColor(220, 80, 47),
    RGBColor(110, 150, 20),
    RGBColor(200, 60, 140),
    RGBColor(180, 137, 0),
    RGBColor(42, 161, 152),
    RGBColor(108, 113, 196),
    RGBColor(150, 110, 80),
];
/// What a curve of percentiles is drawn at: one in so many takes longer than this quantile.
const PERCENTILES: [(u64, &str); 4] =
    [(2, "p50_ns"), (10, "p90_ns"), (100, "p99_ns"), (1_000, "p99_9_ns")];

/// What is drawn.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) title: &'static str,
    /// What the axes count.
    pub(super) x: &'static str,
    pub(super) y: Upwards,
    pub(super) curves: Vec<Curve>,
}

/// What a plot's vertical axis counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Upwards {
    /// How long something took; its points are nanoseconds.
    Time,
    /// Commands a second.
    Throughput,
}

/// A line with its points marked.
#[derive(Debug)]
pub(super) struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Curve {
    /// The curve through `points`; one without a place on a logarithmic axis is left out.
    pub(super) fn new(name: &str, points: impl Iterator<Item = (u64, u64)>) -> Self {
        let drawn = points.filter(|(x, y)| *x > 0 && *y > 0).map(|(x, y)| (real(x), real(y)));
        let mut points: Vec<_> = drawn.collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self { name: name.to_owned(), points }
    }
}

/// The quantiles of a latency in a run's summary.
pub(super) fn percentiles(name: &str, latency: &Value) -> Curve {
    let point = |(one_in, quantile): (u64, &str)| Some((one_in, latency[quantile].as_u64()?));
    Curve::new(name, PERCENTILES.into_iter().filter_map(point))
}

#[expect(clippy::cast_precision_loss, reason = "a pixel is wider than what is lost")]
const fn real(number: u64) -> f64 {
    number as f64
}

impl Plot {
    /// The plot as an SVG element; nothing when there is no point to draw.
    ///
    /// Errors: the plot cannot be laid out.
    pub(super) fn svg(&self) -> Result<String, CommandError> {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        if points().next().is_none() {
            return Ok(String::new());
        }
        let x = bounds(points().map(|point| point.0));
        let y = bounds(points().map(|point| point.1));
        let mut svg = String::new();
        self.draw(&mut svg, x, y).map_err(undrawn)?;
        Ok(svg)
    }

    fn draw(
        &self,
        svg: &mut String,
        x: std::ops::Range<f64>,
        y: std::ops::Range<f64>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let whole = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        let (area, beside) = whole.split_horizontally(SIZE.0 - LEGEND_PIXELS);
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, text(18))
            .margin(10)
            // The last label of the axis stands half beyond it.
            .margin_right(25)
            .x_label_area_size(45)
            .y_label_area_size(80)
            .build_cartesian_2d(x.log_scale(), y.log_scale())?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(INK.mix(0.3))
            .light_line_style(INK.mix(0.1))
            .label_style(text(12))
            .x_desc(self.x)
            .y_desc(self.y.name())
            .x_label_formatter(&|number| short(*number))
            .y_label_formatter(&|number| self.y.shown(*number))
            .draw()?;
        let colours = || COLOURS.iter().cycle();
        for (curve, colour) in self.curves.iter().zip(colours()) {
            let line = LineSeries::new(curve.points.clone(), colour.stroke_width(2));
            chart.draw_series(line.point_size(3))?;
        }
        for ((curve, colour), y) in self.curves.iter().zip(colours()).zip((40..).step_by(18)) {
            beside.draw(&PathElement::new([(0, y), (18, y)], colour.stroke_width(2)))?;
            beside.draw(&Text::new(curve.name.clone(), (26, y - 6), text(12)))?;
        }
        whole.present()?;
        Ok(())
    }
}

fn text(pixels: u32) -> TextStyle<'static> {
    ("sans-serif", pixels).into_font().color(&INK)
}

impl Upwards {
    const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Throughput => "commands a second",
        }
    }

    fn shown(self, number: f64) -> String {
        match self {
            Self::Time => in_units(number, &[(1e9, "s"), (1e6, "ms"), (1e3, "us")], " ns"),
            Self::Throughput => short(number),
        }
    }
}

/// Whole powers of ten around all of `numbers`.
fn bounds(numbers: impl Iterator<Item = f64> + Clone) -> std::ops::Range<f64> {
    let least = numbers.clone().fold(f64::INFINITY, f64::min);
    let most = numbers.fold(0.0, f64::max);
    let low = 10_f64.powf(least.log10().floor());
    low..10_f64.powf(most.log10().ceil()).max(10.0 * low)
}

/// A number as short as an axis needs it.
fn short(number: f64) -> String {
    in_units(number, &[(1e9, "G"), (1e6, "M"), (1e3, "k")], "")
}

/// A number in the largest of `units` that it fills, or as it is with `unit` behind it.
fn in_units(number: f64, units: &[(f64, &str)], unit: &str) -> String {
    // What a power of ten lost on its way here is no reason for the next smaller unit.
    let filled = units.iter().find(|(size, _)| number >= 0.999_999 * size);
    let rounded = |number: f64| (number * 1e3).round() / 1e3;
    filled.map_or_else(
        || format!("{}{unit}", rounded(number)),
        |(size, name)| format!("{} {name}", rounded(number / size)),
    )
}

fn undrawn(error: impl Display) -> CommandError {
    CommandError::failed(format!("could not draw a plot: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: &[(u64, u64)]) -> Plot {
        let curves = vec![Curve::new("a < b", points.iter().copied())];
        Plot { title: "Title", x: "across", y: Upwards::Time, curves }
    }

    #[test]
    fn a_plot_is_svg_with_its_words_and_a_mark_for_each_point() {
        let svg = plot(&[(1_000, 90_000), (200_000, 300_000), (0, 7)]).svg().unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        for said in ["Title", "across", "time", "a &lt; b", "10 k", "100 us"] {
            assert!(svg.contains(said), "'{said}' is not in {svg}");
        }
        assert_eq!(svg.matches("<circle").count(), 2, "{svg}");
        assert!(svg.contains("points=\"750,40 768,40 \""), "the name's line has a length: {svg}");
        assert!(!svg.contains("<script"), "{svg}");
    }

    #[test]
    fn nothing_to_draw_is_no_plot() {
        assert_eq!(plot(&[]).svg().unwrap(), "");
        assert!(plot(&[(10, 10)]).svg().unwrap().contains("<circle"));
    }

    #[test]
    fn axes_end_at_powers_of_ten() {
        for (numbers, low, high) in
            [([20.0, 450.0], 10.0, 1e3), ([10.0, 10.0], 10.0, 100.0), ([1.0, 1e6], 1.0, 1e6)]
        {
            let bounds = bounds(numbers.into_iter());
            assert!((bounds.start - low).abs() < 1e-6 && (bounds.end / high - 1.0).abs() < 1e-6);
        }
        let shown = [7.0, 20_000.0, 999_999.999_9, 5e9].map(short);
        assert_eq!(shown, ["7", "20 k", "1 M", "5 G"]);
        let times = [7.0, 90_000.0, 2e6, 5e9].map(|time_ns| Upwards::Time.shown(time_ns));
        assert_eq!(times, ["7 ns", "90 us", "2 ms", "5 s"]);
    }
}
