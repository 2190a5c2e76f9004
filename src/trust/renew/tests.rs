//! What replaces what: white lists and revocation lists, good and bad, from files and fetched, with and without history.

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::trust::lab::{Issued, LabFiles, Leaf, ListRow, sign_white_list, white_list_xml};
use crate::trust::signature::SignaturePolicy;
use crate::trust::testing::{DAY, Space, domain, start};
use crate::trust::{Age, DistinguishedName, History, ListSource, Refusal};

struct Bench {
    space: Space,
    folder: tempfile::TempDir,
    operator: Issued,
    signer: OnceCell<Issued>,
}

impl Bench {
    fn new() -> Self {
        let space = Space::new();
        let folder = tempfile::tempdir().unwrap();
        let files = LabFiles::new(folder.path()).unwrap();
        let operator = space.issue(&Space::north());
        files.anchors(&space.lab).unwrap();
        files.crls(&space.lab, &[]).unwrap();
        let bench = Self { space, folder, operator, signer: OnceCell::new() };
        bench.write("liste.xml", &bench.list(20, start()));
        bench
    }

    fn list(&self, rows: usize, generated: Time) -> String {
        let name = self.operator.name().unwrap();
        let rows: Vec<_> = (0..rows).map(|n| ListRow::new(&domain(&format!("d{n}.mssante.fr")), &name)).collect();
        white_list_xml(&rows, generated)
    }

    fn signed(&self, rows: usize, generated: Time) -> String {
        let signer = self.signer.get_or_init(|| self.space.issue(&Leaf::list_signer()));
        sign_white_list(&self.list(rows, generated), signer, start()).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn settings(&self) -> Settings {
        Settings {
            fetched_crls: Some(self.path("fetched")),
            history: Some(History::new(self.path("lists"), 5, 1 << 20)),
            signer: Some(DistinguishedName::parse("CN=Liste Blanche TEST MSSante,OU=318751275100020").unwrap()),
            ..Settings::new(self.path("anchors.pem"), self.path("crls.pem"), self.path("liste.xml"))
        }
    }

    fn trust(&self, settings: &Settings) -> Trust {
        let (trust, problems) = Trust::begin(settings, start()).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        trust
    }

    fn rows_kept(&self) -> Vec<usize> {
        self.settings().history.unwrap().lists().unwrap().iter().map(|kept| kept.rows).collect()
    }
}

/// [mss#2]
#[test]
fn a_worse_list_never_replaces_the_one_in_use_however_it_comes() {
    let bench = Bench::new();
    let settings = Settings { signature: SignaturePolicy::Required, ..bench.settings() };
    bench.write("liste.xml", &bench.signed(20, start()));
    let trust = bench.trust(&settings);
    let later = start().plus_secs(DAY);
    let good = bench.signed(20, later);
    let doctype = good.replacen("<Liste", "<!DOCTYPE a [<!ENTITY b 'c'>]><Liste", 1);
    let wrapped = good.replacen("<ListeDomaines>", "<ListeDomaines/><ListeDomaines>", 1);
    for (what, xml, said) in [
        ("unreadable", "<".to_owned(), "not well-formed"),
        ("no list", "<html/>".to_owned(), ""),
        ("a page of an error", "404 not found".to_owned(), "not well-formed"),
        ("cut off", good[..good.len() / 2].to_owned(), "not well-formed"),
        ("not signed", bench.list(20, later), "sign"),
        ("signed, then changed", good.replacen("d1.", "d2.", 1), ""),
        ("wrapped", wrapped, ""),
        ("a document type", doctype, "document type"),
        ("older", bench.signed(20, start().plus_secs(-1)), "is older than the one of"),
        ("from the future", bench.signed(20, later.plus_secs(2 * DAY)), "from the future"),
        ("shorter", bench.signed(17, later), "has 17 rows, the one in use 20"),
    ] {
        let error = trust.offer(&settings, xml.as_bytes(), "https://ans/", Shrink::Refused, later).unwrap_err();
        assert!(error.reason().contains(said) && !error.remedy().is_empty(), "{what}: {error}");
        let error = settings.offer_at_rest(xml.as_bytes(), "https://ans/", Shrink::Refused, later).unwrap_err();
        assert!(error.reason().contains(said), "{what}: {error}");
        bench.write("liste.xml", &xml);
        let reloaded = trust.reload(&settings, later);
        assert!(reloaded.list.is_none() && reloaded.problems.len() == 1, "{what}");
        assert_eq!(reloaded.problems[0].file(), Some(bench.path("liste.xml").as_path()), "{what}");
        assert_eq!(trust.snapshot().list.generated(), start(), "{what}");
        assert_eq!(bench.rows_kept(), [20], "{what}");
    }
    fs::remove_file(bench.path("liste.xml")).unwrap();
    assert_eq!(trust.reload(&settings, later).problems.len(), 1);

    let short = bench.signed(17, later);
    assert!(trust.offer(&settings, short.as_bytes(), "", Shrink::Accepted, later).is_ok());
    assert_eq!((trust.snapshot().list.rows().len(), bench.rows_kept()), (17, vec![20, 17]));
}

#[test]
fn a_good_list_is_in_force_and_kept_with_what_changed() {
    let bench = Bench::new();
    let settings = bench.settings();
    let trust = bench.trust(&settings);
    let later = start().plus_secs(DAY);
    let xml = bench.list(21, later);
    let Offered::Taken(diff) = trust.offer(&settings, xml.as_bytes(), "https://ans/l", Shrink::Refused, later).unwrap()
    else {
        panic!()
    };
    assert_eq!((diff.added.len(), diff.added[0].domain.as_str(), diff.removed.len()), (1, "d20.mssante.fr", 0));
    assert!(trust.lists(&domain("d20.mssante.fr")));
    assert_eq!(trust.offer(&settings, xml.as_bytes(), "", Shrink::Refused, later), Ok(Offered::Same));
    let kept = settings.history.as_ref().unwrap().lists().unwrap();
    assert_eq!((kept.len(), kept[1].added, kept[1].source.as_str()), (2, 1, "https://ans/l"));
    bench.write("liste.xml", &bench.list(20, later));
    assert_eq!(trust.reload(&settings, later).list.unwrap().removed.len(), 1);
    assert_eq!(bench.rows_kept(), [20, 21, 20]);
}

#[test]
fn the_next_start_takes_the_newest_kept_list_when_its_source_is_silent_or_worse() {
    let bench = Bench::new();
    let later = start().plus_secs(DAY);
    let fetched = Settings { white_list: ListSource::Fetched { seed: None }, ..bench.settings() };
    let empty = fetched.load(later).unwrap_err();
    assert!(empty.to_string().contains("sceau trust list fetch"), "{empty}");
    let first = fetched.offer_at_rest(bench.list(20, start()).as_bytes(), "https://ans/", Shrink::Refused, start());
    assert!(matches!(first, Ok(Offered::Taken(diff)) if diff.added.len() == 20));
    bench.trust(&fetched).offer(&fetched, bench.list(21, later).as_bytes(), "", Shrink::Refused, later).unwrap();
    assert_eq!(fetched.load(later).unwrap().list.rows().len(), 21);

    // a seed counts only for an empty history, an older file never
    let seeded =
        Settings { white_list: ListSource::Fetched { seed: Some(bench.path("liste.xml")) }, ..bench.settings() };
    assert_eq!(seeded.load(later).unwrap().list.rows().len(), 21);
    let (trust, problems) = Trust::begin(&bench.settings(), later).unwrap();
    assert_eq!(trust.snapshot().list.rows().len(), 21);
    assert!(problems[0].reason().contains("is older"), "{problems:?}");

    // a damaged newest one leaves the one before
    let newest = fetched.history.as_ref().unwrap().lists().unwrap().pop().unwrap();
    bench.write(&format!("lists/{}.xml.gz", newest.sha256), "damaged");
    let (trust, problems) = Trust::begin(&fetched, later).unwrap();
    assert_eq!((trust.snapshot().list.rows().len(), problems.len()), (20, 1));
    fs::remove_dir_all(bench.path("lists")).unwrap();
    assert_eq!(seeded.load(later).unwrap().list.rows().len(), 20);
}

/// [mss#2]
#[test]
fn a_kept_list_outlives_its_signers_certificate() {
    let bench = Bench::new();
    let fetched = Settings {
        signature: SignaturePolicy::Required,
        white_list: ListSource::Fetched { seed: None },
        ..bench.settings()
    };
    fetched.offer_at_rest(bench.signed(3, start()).as_bytes(), "", Shrink::Refused, start()).unwrap();
    let much_later = start().plus_secs(5 * 365 * DAY);
    let snapshot = fetched.load(much_later).unwrap();
    assert_eq!((snapshot.list.rows().len(), snapshot.list_age(much_later)), (3, Age::Stale));
    assert!(fetched.offer_at_rest(bench.signed(3, start()).as_bytes(), "", Shrink::Refused, much_later).is_err());
}

/// [rfc5280#6.3.3]
#[test]
fn a_worse_revocation_list_never_replaces_the_one_in_use() {
    let bench = Bench::new();
    let settings = bench.settings();
    let trust = bench.trust(&settings);
    let (chain, later) = (bench.operator.chain(), start().plus_secs(DAY));
    let lab = &bench.space.lab;
    let stranger = Space::new();
    let revoking = lab.crls_pem_at(&[&bench.operator], later).unwrap();
    let der = x509_parser::pem::Pem::iter_from_buffer(revoking.as_bytes()).nth(1).unwrap().unwrap().contents;
    let mut forged = der.clone();
    *forged.last_mut().unwrap() ^= 1;
    for (what, bytes, now, said) in [
        ("unreadable", b"<html>".to_vec(), later, "no X509 CRL"),
        ("damaged", b"0".to_vec(), later, "cannot be used"),
        ("badly signed", forged, later, "signature"),
        ("of strangers", stranger.lab.crls_pem_at(&[], later).unwrap().into_bytes(), later, "signature"),
        ("older", lab.crls_pem_at(&[], start().plus_secs(-DAY)).unwrap().into_bytes(), later, "the one in use of"),
        ("of tomorrow", lab.crls_pem_at(&[], later.plus_secs(DAY)).unwrap().into_bytes(), later, "from the future"),
    ] {
        let error = trust.offer_crl(&settings, &bytes, "a.crl", now).unwrap_err();
        assert!(error.reason().contains(said), "{what}: {error}");
        assert!(!bench.path("fetched/a.crl").exists(), "{what}");
        assert_eq!(trust.client_certificate(&chain, later), Ok(()), "{what}");
    }
    let taken = trust.offer_crl(&settings, &der, "a.crl", later).unwrap();
    assert_eq!((taken.len(), taken[0].revoked, taken[0].verified), (1, 1, true));
    assert_eq!(trust.client_certificate(&chain, later), Err(Refusal::Revoked));
    assert!(trust.offer_crl(&settings, &der, "a.crl", later).is_ok(), "the same again");

    // after a restart and a look at the older files it still counts
    let (again, problems) = Trust::begin(&settings, later).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(again.client_certificate(&chain, later), Err(Refusal::Revoked));
    assert!(again.reload(&settings, later).problems.is_empty());
    fs::remove_dir_all(bench.path("fetched")).unwrap();
    again.reload(&settings, later);
    assert_eq!(again.client_certificate(&chain, later), Err(Refusal::Revoked));
    bench.write("fetched", "");
    assert!(again.offer_crl(&settings, &der, "a.crl", later).is_err(), "one that cannot be kept is told");
}

#[test]
fn a_revocation_list_past_its_date_does_not_replace_one_that_is_not() {
    let bench = Bench::new();
    let settings = bench.settings();
    let trust = bench.trust(&settings);
    let brief = bench.space.lab.crls_pem_for(&[], start().plus_secs(60), 1).unwrap();
    let two_days_on = start().plus_secs(2 * DAY);
    let error = trust.offer_crl(&settings, brief.as_bytes(), "a.crl", two_days_on).unwrap_err();
    assert!(error.reason().contains("ended on"), "{error}");
    // when both are past their dates, the newer one is the better one
    assert!(trust.offer_crl(&settings, brief.as_bytes(), "a.crl", start().plus_secs(8 * DAY)).is_ok());
}

#[test]
fn one_bad_file_does_not_hold_up_the_others() {
    let bench = Bench::new();
    let settings = Settings { crls: vec![bench.path("crls.pem"), bench.path("more.pem")], ..bench.settings() };
    bench.write("more.pem", &bench.space.lab.crls_pem(&[]).unwrap());
    let trust = bench.trust(&settings);
    let later = start().plus_secs(60);
    bench.write("crls.pem", &bench.space.lab.crls_pem_at(&[&bench.operator], later).unwrap());
    bench.write("more.pem", "damaged");
    bench.write("liste.xml", "<");
    bench.write("anchors.pem", "gone");
    let reloaded = trust.reload(&settings, later);
    let mut files: Vec<_> = reloaded.problems.iter().filter_map(TrustError::file).collect();
    files.sort();
    assert_eq!(files, [bench.path("anchors.pem"), bench.path("liste.xml"), bench.path("more.pem")]);
    assert_eq!(trust.client_certificate(&bench.operator.chain(), later), Err(Refusal::Revoked));
}
