//! curl, Python's imaplib and mbsync on a person's mailbox.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::demo::{Demo, Operator};
use crate::tools::{have, run};

#[test]
fn curl_reads_a_message() {
    // [rfc8314#3]
    if !have("curl_reads_a_message", &["curl"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let (user, password) = a.user(0);
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--cacert", a.text("ca"), "--config", "-"]);
    curl.arg(format!("imaps://{}/INBOX;MAILINDEX=1", a.text("imaps")));
    let (ok, told) = run(&mut curl, &format!("user = \"{user}:{password}\"\n"));
    assert!(ok, "{told}");
    assert!(told.contains("Subject: ") && told.contains("\r\n\r\n"), "{told}");
}

#[test]
fn imaplib_goes_through_a_mailbox_s_life() {
    if !have("imaplib_goes_through_a_mailbox_s_life", &["python3"]) {
        return;
    }
    let demo = Demo::start();
    demo.operator(0).python("imaplib_life.py", &[]);
}

#[test]
fn a_conversation_is_compressed() {
    // [rfc4978#3]
    if !have("a_conversation_is_compressed", &["python3"]) {
        return;
    }
    let demo = Demo::start();
    demo.operator(0).python("imap_compressed.py", &[]);
}

#[test]
fn hostile_clients_cost_a_bounded_memory() {
    // [clients#memory-before-login]
    if !have("hostile_clients_cost_a_bounded_memory", &["python3"]) {
        return;
    }
    let demo = Demo::start();
    demo.operator(0).python("imap_memory.py", &[&demo.pid().to_string()]);
}

#[test]
fn mbsync_pulls_pushes_flags_and_pulls_nothing_twice() {
    if !have("mbsync_pulls_pushes_flags_and_pulls_nothing_twice", &["mbsync"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let config = mbsync_config(&demo, &a, &demo.path("maildir"), "Patterns *\nCreate Near");
    let sync = || {
        let (ok, told) = run(Command::new("mbsync").arg("-c").arg(&config).arg("-a"), "");
        assert!(ok, "{told}");
    };
    sync();
    let first = messages(&demo.path("maildir/INBOX"));
    assert!(!first.is_empty(), "something was pulled");
    let seen = first.iter().map(|path| path.with_file_name(format!("{}S", flagless(path)))).collect::<Vec<_>>();
    for (from, to) in first.iter().zip(&seen) {
        fs::rename(from, to.parent().unwrap().with_file_name("cur").join(to.file_name().unwrap())).unwrap();
    }
    sync();
    sync();
    assert_eq!(messages(&demo.path("maildir/INBOX")).len(), first.len(), "nothing was pulled twice");
    let flags = flags_on_server(&a);
    assert!(flags.iter().all(|line| line.contains("\\Seen")), "{flags:?}");
}

/// A configuration of mbsync that keeps these maildirs like the server's mailboxes; `which` says which of them.
pub(super) fn mbsync_config(demo: &Demo, a: &Operator<'_>, maildirs: &Path, which: &str) -> std::path::PathBuf {
    let ((host, port), (user, password)) = (a.service("imaps"), a.user(0));
    let (secret, config) = (demo.path("secret"), maildirs.with_extension("mbsyncrc"));
    fs::create_dir_all(maildirs).unwrap();
    fs::write(&secret, password).unwrap();
    let text = format!(
        "IMAPAccount a\nHost {host}\nPort {port}\nUser {user}\nPassCmd \"cat {}\"\nSSLType IMAPS\nSystemCertificates no\n\
         CertificateFile {}\n\nIMAPStore far\nAccount a\n\nMaildirStore near\nPath {maildir}/\nInbox {maildir}/INBOX\n\
         SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\n{which}\nSync All\nSyncState *\n",
        secret.display(),
        a.text("ca"),
        maildir = maildirs.display(),
    );
    fs::write(&config, text).unwrap();
    config
}

/// The message files of a maildir.
pub(super) fn messages(maildir: &Path) -> Vec<std::path::PathBuf> {
    let files = |folder: &str| fs::read_dir(maildir.join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files("new").chain(files("cur")).collect();
    found.sort();
    found
}

/// A maildir file's name up to where flags are added.
fn flagless(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    if name.contains(":2,") { name.to_owned() } else { format!("{name}:2,") }
}

fn flags_on_server(a: &Operator<'_>) -> Vec<String> {
    if !have("flags_on_server", &["curl"]) {
        return Vec::new();
    }
    let (user, password) = a.user(0);
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--cacert", a.text("ca"), "--config", "-", "-X", "FETCH 1:* (FLAGS)"]);
    curl.arg(format!("imaps://{}/INBOX", a.text("imaps")));
    let (ok, told) = run(&mut curl, &format!("user = \"{user}:{password}\"\n"));
    assert!(ok, "{told}");
    told.lines().filter(|line| line.contains("FETCH")).map(str::to_owned).collect()
}
