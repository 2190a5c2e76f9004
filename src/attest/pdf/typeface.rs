//! The typefaces inside the PDF, and what they can show: everything else is written as its number.

use std::collections::HashMap;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};
use unicode_normalization::UnicodeNormalization as _;

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
    Italic,
    Mono,
}

const FILES: [&[u8]; 4] = [
    include_bytes!("../fonts/NotoSerif-Regular.ttf"),
    include_bytes!("../fonts/NotoSerif-Bold.ttf"),
    include_bytes!("../fonts/NotoSerif-Italic.ttf"),
    include_bytes!("../fonts/NotoSansMono-Regular.ttf"),
];

/// All of them.
pub(super) struct Typefaces([Typeface; 4]);

/// One of them.
pub(super) struct Typeface {
    font: Font,
    /// Glyph and advance, in em, of each character.
    glyphs: HashMap<char, (u32, f32)>,
}

impl Typefaces {
    /// Reads them.
    pub(super) fn load() -> Option<Self> {
        let [regular, bold, italic, mono] = FILES.map(Typeface::load);
        Some(Self([regular?, bold?, italic?, mono?]))
    }

    pub(super) fn get(&self, face: Face) -> &Typeface {
        let [regular, bold, italic, mono] = &self.0;
        match face {
            Face::Regular => regular,
            Face::Bold => bold,
            Face::Italic => italic,
            Face::Mono => mono,
        }
    }

    /// The text in characters that each typeface has. What is not there (other scripts, emoji, and characters that
    /// change how others are read) is written as its number: `‹U+202E›`.
    pub(super) fn showable(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.nfc() {
            if self.0.iter().all(|face| face.glyphs.contains_key(&c)) {
                out.push(c);
            } else {
                out.push_str(&format!("‹U+{:04X}›", u32::from(c)));
            }
        }
        out
    }
}

impl Typeface {
    fn load(file: &'static [u8]) -> Option<Self> {
        let read = FontRef::new(file).ok()?;
        let em = f32::from(read.head_units()?);
        let metrics = read.glyph_metrics(Size::unscaled(), LocationRef::default());
        let mappings = read.charmap().mappings();
        let glyphs = mappings.filter_map(|(code, glyph)| {
            let advance = metrics.advance_width(glyph)?;
            Some((char::from_u32(code)?, (glyph.to_u32(), advance / em)))
        });
        Some(Self { font: Font::new(file.into(), 0)?, glyphs: glyphs.collect() })
    }

    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    /// The width of a text in em.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().filter_map(|c| self.glyphs.get(&c)).map(|(_, advance)| advance).sum()
    }

    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, c): (usize, char)| {
            let (glyph, advance) = self.glyphs.get(&c)?;
            let range = at..at + c.len_utf8();
            Some(KrillaGlyph::new(GlyphId::new(*glyph), *advance, 0.0, 0.0, 0.0, range, None))
        };
        text.char_indices().filter_map(glyph).collect()
    }
}

/// The size of the square on which a typeface is drawn.
trait HeadUnits {
    fn head_units(&self) -> Option<u16>;
}

impl HeadUnits for FontRef<'_> {
    fn head_units(&self) -> Option<u16> {
        Some(self.metrics(Size::unscaled(), LocationRef::default()).units_per_em).filter(|units| *units > 0)
    }
}
