//! The walker on messages as they are and as they should not be.

use super::{outline, walked};

#[test]
fn the_parts_of_a_message_are_found_with_their_numbers() {
    // [rfc2046#5.1.1] [rfc9051#6.4.5.1]
    let table: &[(&str, &str, &[&str])] = &[
        ("plain text", "Subject: x\n\nhello\nworld\n", &["1 text/plain \"hello\\r\\nworld\\r\\n\""]),
        ("no body", "Subject: x\n", &["1 text/plain \"\""]),
        ("nothing", "", &["1 text/plain \"\""]),
        (
            "two parts, preamble, epilogue, padding",
            "Content-Type: multipart/mixed; boundary=b\n\npre\n--b \t\n\none\n--bcd\n\n--b\nContent-Type: text/html\n\n\
             <a--b>\n--b--  \nepilogue\n--b\n",
            &["TEXT multipart/mixed", "1 text/plain \"one\\r\\n--bcd\\r\\n\"", "2 text/html \"<a--b>\""],
        ),
    ];
    for (what, text, expected) in table {
        let (message, structure) = walked(text);
        assert_eq!(outline(&message, &structure), *expected, "{what}");
    }
}
