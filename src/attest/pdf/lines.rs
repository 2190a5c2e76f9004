//! Breaks text into lines: at spaces, never before French punctuation, and within words only where one is longer than
//! the line.

use super::typeface::{Face, Typefaces};
use crate::attest::document::{Style, Text};

/// A piece of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) text: String,
    pub(super) width: f32,
}

/// A line.
pub(super) type Line = Vec<Piece>;

/// Breaks texts for one width.
pub(super) struct Breaker<'a> {
    pub(super) faces: &'a Typefaces,
    pub(super) width: f32,
    pub(super) size: f32,
}

impl Breaker<'_> {
    /// The lines of a text; plain words in `base`.
    pub(super) fn lines(&self, text: &Text, base: Face) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut line: Line = Vec::new();
        let mut used = 0.0;
        for atom in self.atoms(text, base) {
            let width: f32 = atom.iter().map(|piece| piece.width).sum();
            let visible = width - atom.last().map_or(0.0, |last| self.trailing(last));
            if used + visible > self.width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            if visible <= self.width {
                used += width;
                line.extend(atom);
                continue;
            }
            for piece in atom.iter().flat_map(|piece| self.characters(piece)) {
                if used + piece.width > self.width && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                used += piece.width;
                line.push(piece);
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines.into_iter().map(|line| self.joined(line)).collect()
    }

    /// The pieces that stay together, each with the space behind it.
    fn atoms(&self, text: &Text, base: Face) -> Vec<Vec<Piece>> {
        let mut atoms = Vec::new();
        let mut atom: Vec<Piece> = Vec::new();
        let words = text.words();
        let mut at = 0;
        for run in &text.0 {
            let (face, size) = self.look(run.style, base);
            for word in run.text.split_inclusive(' ') {
                at += word.len();
                let shown = self.faces.showable(word);
                let width = self.faces.get(face).width(&shown) * size;
                atom.push(Piece { face, size, text: shown, width });
                if word.ends_with(' ') && may_break(word, &words[at..]) {
                    atoms.push(std::mem::take(&mut atom));
                }
            }
        }
        if !atom.is_empty() {
            atoms.push(atom);
        }
        atoms
    }

    fn look(&self, style: Style, base: Face) -> (Face, f32) {
        match style {
            Style::Plain => (base, self.size),
            Style::Strong => (Face::Bold, self.size),
            Style::Soft => (Face::Italic, self.size),
            // Its letters are larger than those of the same size of the serif.
            Style::Code => (Face::Mono, self.size * 0.84),
        }
    }

    fn trailing(&self, piece: &Piece) -> f32 {
        let spaces = piece.text.len() - piece.text.trim_end_matches(' ').len();
        self.faces.get(piece.face).width(&" ".repeat(spaces)) * piece.size
    }

    fn characters(&self, piece: &Piece) -> Vec<Piece> {
        let one = |c: char| {
            let text = c.to_string();
            let width = self.faces.get(piece.face).width(&text) * piece.size;
            Piece { text, width, ..piece.clone() }
        };
        piece.text.chars().map(one).collect()
    }

    /// The same line with neighbours of one look as one piece, so that its text can be copied as it reads.
    fn joined(&self, line: Line) -> Line {
        let mut joined: Line = Vec::new();
        for piece in line {
            match joined.last_mut() {
                Some(last) if last.face == piece.face && last.size.to_bits() == piece.size.to_bits() => {
                    last.text.push_str(&piece.text);
                    last.width += piece.width;
                }
                _ => joined.push(piece),
            }
        }
        joined
    }
}

/// Whether a line may end behind this word: not where French typography wants a space that holds.
fn may_break(word: &str, rest: &str) -> bool {
    !rest.starts_with([':', ';', '?', '!', '»']) && !word.trim_end().ends_with('«') && !word.trim_end().ends_with("n°")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &Text, width: f32) -> Vec<String> {
        let faces = Typefaces::load().unwrap();
        let breaker = Breaker { faces: &faces, width, size: 10.0 };
        let lines = breaker.lines(text, Face::Regular);
        for line in &lines {
            let visible: f32 = line.iter().map(|piece| piece.width).sum();
            assert!(visible <= width + 5.0, "{line:?}");
        }
        lines.iter().map(|line| line.iter().map(|piece| piece.text.as_str()).collect()).collect()
    }

    #[test]
    fn lines_end_at_spaces_that_do_not_hold() {
        assert_eq!(broken(&"un deux trois".into(), 50.0), ["un deux ", "trois"]);
        assert_eq!(broken(&"Heure : « midi »".into(), 50.0), ["Heure : ", "« midi »"]);
        assert_eq!(
            broken(&Text::plain("(").and(Style::Code, "abc").and(Style::Plain, ") fin"), 30.0),
            ["(abc) ", "fin"]
        );
        let digest = "0123456789abcdef".repeat(4);
        let lines = broken(&Text::default().and(Style::Code, digest.as_str()), 100.0);
        assert!(lines.len() > 2 && lines.concat() == digest, "{lines:?}");
        assert_eq!(broken(&"".into(), 10.0), [""]);
    }

    #[test]
    fn what_the_typefaces_lack_is_a_number_and_nothing_turns_the_line_around() {
        let faces = Typefaces::load().unwrap();
        for (text, shown) in [
            ("Nguyễn Œuvre ș", "Nguyễn Œuvre ș"),
            ("e\u{301}", "é"),
            ("a\u{202e}b", "a‹U+202E›b"),
            ("🩺", "‹U+1FA7A›"),
            ("\t", "‹U+0009›"),
        ] {
            assert_eq!(faces.showable(text), shown);
        }
    }
}
