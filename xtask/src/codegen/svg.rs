//! Pictures for the generated pages: horizontal bars, in SVG.

use std::fmt::Write;

const WIDTH: usize = 760;
const ROW: usize = 24;
/// Where the bars begin, and how long a full one is.
const LEFT: usize = 230;
const LENGTH: usize = 400;
const TOP: usize = 44;

/// A bar made of parts, in the order of the legend.
pub struct Bar {
    pub label: String,
    pub parts: Vec<usize>,
    /// Text behind the bar.
    pub note: String,
}

/// Bars of equal length below each other: what share of the row each part is. `legend` has a name and a colour for each
/// part. Readable on light and dark pages.
pub fn bars(title: &str, legend: &[(&str, &str)], rows: &[Bar]) -> String {
    let height = TOP + rows.len() * ROW + 10;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>{}</title>\n\
         <style>text {{ fill: #24292f }} @media (prefers-color-scheme: dark) {{ text {{ fill: #d0d7de }} }}</style>\n",
        escape(title)
    );
    let mut x = LEFT;
    for (name, colour) in legend {
        let _ = writeln!(out, "<rect x=\"{x}\" y=\"14\" width=\"12\" height=\"12\" fill=\"{colour}\"/>");
        let _ = writeln!(out, "<text x=\"{}\" y=\"24\">{}</text>", x + 18, escape(name));
        x += 34 + 7 * name.len();
    }
    for (index, row) in rows.iter().enumerate() {
        let y = TOP + index * ROW;
        let text = y + 13;
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{text}\" text-anchor=\"end\">{}</text>",
            LEFT - 10,
            escape(&row.label)
        );
        let all = row.parts.iter().sum::<usize>().max(1);
        let mut before = 0;
        for (part, (_, colour)) in row.parts.iter().zip(legend) {
            // From sums, so that the parts meet exactly.
            let (from, to) = (LENGTH * before / all, LENGTH * (before + part) / all);
            before += part;
            if to > from {
                let _ = writeln!(
                    out,
                    "<rect x=\"{}\" y=\"{y}\" width=\"{}\" height=\"16\" fill=\"{colour}\"/>",
                    LEFT + from,
                    to - from
                );
            }
        }
        let _ = writeln!(out, "<text x=\"{}\" y=\"{text}\">{}</text>", LEFT + LENGTH + 10, escape(&row.note));
    }
    out + "</svg>\n"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_bar_and_text_is_escaped() {
        let row = Bar { label: "a<b".into(), parts: vec![1, 0, 2], note: "1 & 2".into() };
        let svg = bars("t", &[("x", "#111"), ("y", "#222"), ("z", "#333")], &[row]);
        assert!(svg.contains("width=\"133\" height=\"16\" fill=\"#111\""), "{svg}");
        assert!(svg.contains("width=\"267\" height=\"16\" fill=\"#333\""), "{svg}");
        assert!(!svg.contains("height=\"16\" fill=\"#222\""), "an empty part has no bar: {svg}");
        assert!(svg.contains("a&lt;b") && svg.contains("1 &amp; 2"));
    }
}
