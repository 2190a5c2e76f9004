//! The message of the story: a consultation report with a PDF, as a record software would send it. Everybody in it is
//! invented.

use mail_builder::MessageBuilder;
use mail_builder::headers::date::Date;

use crate::mail::Time;

/// Its subject.
pub(super) const SUBJECT: &str = "Compte rendu de consultation de cardiologie";

const TEXT: &str = "Chère consœur,\r\n\r\n\
Vous trouverez ci-joint le compte rendu de la consultation de ce jour.\r\n\
L'échographie est rassurante ; je propose un contrôle dans six mois.\r\n\r\n\
Bien confraternellement,\r\n\
Dr Paul DURAND\r\n";

/// The message, complete, with CRLF line ends.
pub(super) fn compose(from: &str, to: &str, now: Time) -> std::io::Result<Vec<u8>> {
    let message = MessageBuilder::new()
        .from(("Dr Paul DURAND", from))
        .to(("Dr Anne MARTIN", to))
        .subject(SUBJECT)
        .date(Date::new(now.secs()))
        .message_id(format!("{}.demo@{}", now.0, from.rsplit('@').next().unwrap_or_default()))
        .text_body(TEXT)
        .attachment("application/pdf", "compte-rendu.pdf", pdf());
    message.write_to_vec()
}

/// A small valid PDF of one page.
pub(super) fn pdf() -> Vec<u8> {
    let page = "BT /F1 18 Tf 72 760 Td (Compte rendu de consultation) Tj 0 -30 Td /F1 12 Tf \
                (Echographie : normale. Controle dans six mois.) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let start = file.len();
    file.push_str(&table);
    file.push_str(&format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1));
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pdf_s_table_points_at_its_objects() {
        let pdf = String::from_utf8(pdf()).unwrap();
        let start: usize = pdf.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        assert!(pdf[start..].starts_with("xref\n0 6\n"));
        for (number, entry) in pdf[start..].lines().skip(3).take(5).enumerate() {
            let offset: usize = entry[..10].parse().unwrap();
            assert!(pdf[offset..].starts_with(&format!("{} 0 obj", number + 1)), "{entry}");
        }
    }

    #[test]
    fn lines_end_with_crlf_and_the_subject_is_readable_by_machines_of_1982() {
        let message = compose("paul@b.fr", "anne@a.fr", Time(0)).unwrap();
        let text = String::from_utf8(message).unwrap();
        assert!(!text.replace("\r\n", "").contains('\n'));
        assert!(text.contains("Subject: Compte rendu de consultation de cardiologie\r\n"));
    }
}
