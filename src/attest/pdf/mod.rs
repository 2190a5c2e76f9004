//! The document as PDF/A-3b: archivable for ever, typefaces and files inside it, the same bytes whenever it is made.

mod layout;
mod lines;
mod typeface;

use std::fmt;

use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::{Document as Pdf, SerializeSettings};

use super::document::{Attachment, Document};
use crate::mail::Time;
use layout::{HEIGHT, Laid, Layout, Mark, WIDTH};
use typeface::Typefaces;

/// Why there is no PDF: a mistake of the program, not of what it was given.
#[derive(Debug)]
pub struct PdfError(String);

impl fmt::Display for PdfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PDF : {}", self.0)
    }
}

impl std::error::Error for PdfError {}

/// Writes it.
///
/// # Errors
/// When the library finds that the result would not be PDF/A-3b.
pub fn pdf(document: &Document) -> Result<Vec<u8>, PdfError> {
    let faces = Typefaces::load().ok_or_else(|| PdfError("typefaces".to_owned()))?;
    let laid = Layout::new(&faces).all(document);
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
    let configuration = configuration.map_err(|error| PdfError(format!("{error:?}")))?;
    let mut pdf = Pdf::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    for marks in &laid.pages {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| PdfError("page size".to_owned()))?;
        let mut page = pdf.start_page_with(settings);
        let mut surface = page.surface();
        marks.iter().for_each(|mark| draw(mark, &faces, &mut surface));
        surface.finish();
        page.finish();
    }
    pdf.set_outline(outline(&laid));
    pdf.set_metadata(metadata(document));
    for file in &document.attachments {
        // None only where two files have one name, which the attestation prevents.
        pdf.embed_file(embedded(file)).ok_or_else(|| PdfError(format!("two files are called {}", file.name)))?;
    }
    pdf.finish().map_err(|error| PdfError(format!("{error:?}")))
}

fn draw(mark: &Mark, faces: &Typefaces, surface: &mut Surface<'_>) {
    let fill = |(red, green, blue): (u8, u8, u8)| {
        let paint = rgb::Color::new(red, green, blue).into();
        Some(Fill { paint, opacity: NormalizedF32::ONE, ..Fill::default() })
    };
    match mark {
        Mark::Text { x, y, face, size, colour, text } => {
            surface.set_fill(fill(*colour));
            let face = faces.get(*face);
            surface.draw_glyphs(Point::from_xy(*x, *y), &face.glyphs(text), face.font(), text, *size, false);
        }
        Mark::Box { x, y, width, height, colour } => {
            let Some(rectangle) = Rect::from_xywh(*x, *y, *width, *height) else { return };
            let mut path = PathBuilder::new();
            path.push_rect(rectangle);
            let Some(path) = path.finish() else { return };
            surface.set_fill(fill(*colour));
            surface.draw_path(&path);
        }
    }
}

fn outline(laid: &Laid) -> Outline {
    let mut outline = Outline::new();
    for heading in &laid.headings {
        let place = XyzDestination::new(heading.page, Point::from_xy(0.0, heading.y));
        let node = OutlineNode::new(heading.text.clone(), place);
        outline.push_child(node);
    }
    outline
}

fn metadata(document: &Document) -> Metadata {
    Metadata::new()
        .title(document.title.clone())
        .description(document.summary.clone())
        .language("fr-FR".to_owned())
        .creator("Sceau".to_owned())
        .keywords(["MSSanté", "preuve", "attestation"].map(str::to_owned).to_vec())
        .creation_date(date(document.time))
}

fn embedded(file: &Attachment) -> EmbeddedFile {
    EmbeddedFile {
        path: file.name.clone(),
        mime_type: MimeType::new(file.media_type),
        description: Some(file.description.clone()),
        association_kind: if file.source { AssociationKind::Source } else { AssociationKind::Supplement },
        data: file.bytes.clone().into(),
        modification_date: Some(date(file.time)),
        compress: None,
        location: None,
    }
}

fn date(time: Time) -> DateTime {
    // `2026-11-22T10:15:43Z`: the numbers between the separators.
    let text = time.rfc3339();
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse::<u16>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let year = DateTime::new(next());
    let mut small = || u8::try_from(next()).unwrap_or(0);
    year.month(small())
        .day(small())
        .hour(small())
        .minute(small())
        .second(small())
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
