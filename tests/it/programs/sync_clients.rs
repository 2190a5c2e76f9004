//! Programs that keep a copy of mailboxes and come back to them: neomutt and interimap by QRESYNC, offlineimap, and
//! mbsync with ten thousand messages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::demo::{Demo, Operator};
use super::mail_clients::{mbsync_config, messages};
use crate::tools::{have, run};

/// The messages that mbsync carries both ways.
const MANY: usize = 10_000;

/// A program of ours beside the tests.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs").join(name)
}

/// Does something to the mailbox behind the program's back; what it prints.
fn mailbox(a: &Operator<'_>, actions: &[&str]) -> String {
    a.python("mailbox.py", actions)
}

/// Writes a file that holds a password or names one, for its owner alone.
fn write_secret(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn neomutt_comes_back_by_qresync() {
    // [rfc7162#3.2.6] [clients#imap-what-clients-do]
    if !have("neomutt_comes_back_by_qresync", &["python3", "neomutt"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let ((host, port), (user, password)) = (a.service("imaps"), a.user(0));
    fs::create_dir(demo.path("cache")).unwrap();
    let config = demo.path("muttrc");
    let text = format!(
        "set folder=\"imaps://{host}:{port}/\"\nset spoolfile=\"imaps://{host}:{port}/INBOX\"\nset imap_user=\"{user}\"\n\
         set imap_pass=\"{password}\"\nset certificate_file=\"{}\"\nset ssl_verify_host=yes\nset imap_qresync=yes\n\
         set header_cache=\"{}\"\nset quit=yes\nset wait_key=no\nset move=no\n",
        a.text("ca"),
        demo.path("cache").display()
    );
    write_secret(&config, &text);
    let visit = |keys: &str, name: &str| {
        let mut mutt = Command::new("python3");
        mutt.env("HOME", demo.dir.path()).arg(script("terminal.py")).args(["60", "neomutt", "-n", "-d", "3", "-F"]);
        mutt.arg(&config).arg("-l").arg(demo.path(name)).args(["-e", &format!("push \"{keys}\"")]);
        let (ok, told) = run(&mut mutt, "");
        assert!(ok, "{told}");
        fs::read_to_string(demo.path(&format!("{name}0"))).unwrap()
    };
    mailbox(&a, &["append=30"]);
    assert!(visit("<quit>", "first").contains("ENABLE QRESYNC"));
    let before = mailbox(&a, &["list"]).lines().count();
    mailbox(&a, &["expunge=5", "flag=7,\\Flagged"]);
    // what went is told, and only what changed is read again
    let second = visit("<first-entry><set-flag>!<sync-mailbox><quit>", "second");
    assert!(second.contains("CHANGEDSINCE") && second.contains("Handling VANISHED"), "{second}");
    let after = mailbox(&a, &["list"]);
    assert_eq!(after.lines().count(), before - 1, "{after}");
    assert_eq!(after.matches("\\Flagged").count(), 2, "{after}");
}

#[test]
fn offlineimap_brings_mail_and_takes_flags_back() {
    if !have("offlineimap_brings_mail_and_takes_flags_back", &["python3", "offlineimap"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let ((host, port), (user, password)) = (a.service("imaps"), a.user(0));
    let (secret, config, mail) = (demo.path("secret"), demo.path("offlineimaprc"), demo.path("mail"));
    write_secret(&secret, password);
    let text = format!(
        "[general]\nmetadata = {}\naccounts = a\nui = quiet\n[Account a]\nlocalrepository = near\nremoterepository = far\n\
         [Repository near]\ntype = Maildir\nlocalfolders = {}\n[Repository far]\ntype = IMAP\nremotehost = {host}\n\
         remoteport = {port}\nremoteuser = {user}\nremotepassfile = {}\nssl = yes\nsslcacertfile = {}\n",
        demo.path("metadata").display(),
        mail.display(),
        secret.display(),
        a.text("ca")
    );
    fs::write(&config, text).unwrap();
    let sync = || {
        let mut offlineimap = Command::new("offlineimap");
        let (ok, told) = run(offlineimap.env("HOME", demo.dir.path()).args(["-o", "-1", "-c"]).arg(&config), "");
        assert!(ok, "{told}");
    };
    mailbox(&a, &["append=20"]);
    sync();
    let files = messages(&mail.join("INBOX"));
    assert_eq!(files.len(), mailbox(&a, &["list"]).lines().count());
    // read here, and one deleted there: both are so everywhere afterwards
    let name = files[3].file_name().unwrap().to_str().unwrap().split(":2,").next().unwrap().to_owned();
    fs::rename(&files[3], mail.join("INBOX/cur").join(format!("{name}:2,FS"))).unwrap();
    mailbox(&a, &["expunge=1"]);
    sync();
    assert_eq!(messages(&mail.join("INBOX")).len(), files.len() - 1);
    let list = mailbox(&a, &["list"]);
    assert_eq!((list.lines().count(), list.matches("\\Flagged").count()), (files.len() - 1, 1), "{list}");
}

#[test]
fn interimap_keeps_dovecot_and_us_alike() {
    // [rfc7162#3.2.5] [rfc4978#3] [clients#imap-what-clients-do]
    if !have("interimap_keeps_dovecot_and_us_alike", &["python3", "interimap", "doveadm", "setpriv"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let dovecot = Dovecot::new();
    let ((host, port), (user, password)) = (a.service("imaps"), a.user(0));
    let config = demo.path("interimap");
    let text = format!(
        "database = {}\nlist-mailbox = \"*\"\n[local]\ntype = tunnel\ncommand = {}\nnull-stderr = YES\n[remote]\n\
         type = imaps\nhost = {host}\nport = {port}\nusername = {user}\npassword = {password}\ncompress = YES\n\
         SSL_CAfile = {}\n",
        demo.path("interimap.db").display(),
        dovecot.command(),
        a.text("ca")
    );
    write_secret(&config, &text);
    let sync = || {
        let mut interimap = Command::new("interimap");
        let (ok, told) = run(interimap.env("HOME", demo.dir.path()).arg(format!("--config={}", config.display())), "");
        assert!(ok, "{told}");
        told
    };
    mailbox(&a, &["append=20"]);
    assert!(sync().contains("compr."), "the conversation is compressed");
    let count = mailbox(&a, &["list"]).lines().count();
    assert_eq!(dovecot.inbox().len(), count);
    mailbox(&a, &["expunge=4", "flag=6,\\Flagged"]);
    dovecot.put("Subject: from Dovecot\n\nHi\n");
    sync();
    let list = mailbox(&a, &["list"]);
    assert_eq!((list.lines().count(), dovecot.inbox().len()), (count, count), "{list}");
    assert!(list.contains("Subject: from Dovecot"), "{list}");
    let flagged = |path: &&PathBuf| path.to_str().unwrap().rsplit(":2,").next().unwrap().contains('F');
    assert_eq!(dovecot.inbox().iter().filter(flagged).count(), 1);
}

#[test]
fn mbsync_carries_ten_thousand_messages_both_ways() {
    // [clients#imap-what-clients-do]
    if !have("mbsync_carries_ten_thousand_messages_both_ways", &["mbsync"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let (here, there) = (demo.path("here"), demo.path("there"));
    for folder in ["INBOX", "Nombreux"].into_iter().flat_map(|name| ["cur", "new", "tmp"].map(|sub| (name, sub))) {
        fs::create_dir_all(here.join(folder.0).join(folder.1)).unwrap();
    }
    for number in 0..MANY {
        let seen = if number % 3 == 0 { "S" } else { "" };
        let text = format!("From: a@b.mssante.fr\nSubject: m{number}\nMessage-ID: <{number}@essai>\n\nHi\n");
        fs::write(here.join(format!("Nombreux/cur/{number}.essai:2,{seen}")), text).unwrap();
    }
    mbsync(&demo, &a, &here);
    mbsync(&demo, &a, &there);
    let arrived = messages(&there.join("Nombreux"));
    let read = arrived.iter().filter(|path| path.to_str().unwrap().ends_with('S')).count();
    assert_eq!((arrived.len(), read), (MANY, MANY.div_ceil(3)));
    mbsync(&demo, &a, &here);
    assert_eq!(messages(&here.join("Nombreux")).len(), MANY, "nothing came twice");
}

/// Makes a folder of maildirs and the server's mailboxes alike.
fn mbsync(demo: &Demo, a: &Operator<'_>, maildirs: &Path) {
    let config = mbsync_config(demo, a, maildirs, "Patterns Nombreux\nCreate Both");
    let (ok, told) = run(Command::new("mbsync").arg("-c").arg(&config).arg("-a"), "");
    assert!(ok, "{told}");
}

/// A mailbox of Dovecot's that sessions open without signing in.
struct Dovecot(tempfile::TempDir);

impl Dovecot {
    /// Dovecot opens no mailboxes for root: `nobody` has this one.
    fn new() -> Self {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        let place = tempfile::Builder::new().prefix("sceau-interimap-").tempdir().unwrap();
        let (folder, home) = (place.path(), place.path().join("home"));
        fs::create_dir(&home).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        let mut owner = (fs::metadata(folder).unwrap().uid(), fs::metadata(folder).unwrap().gid());
        if owner.0 == 0 {
            owner = (65534, 65534);
            chown(folder, Some(owner.0), Some(owner.1)).unwrap();
            chown(&home, Some(owner.0), Some(owner.1)).unwrap();
        }
        let text = format!(
            "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\nssl = no\nprotocols = imap\n\
             mail_location = maildir:~/Maildir\nmail_uid = {uid}\nmail_gid = {gid}\nfirst_valid_uid = 1\n\
             first_valid_gid = 0\nnamespace inbox {{\n  inbox = yes\n  separator = /\n}}\n\
             userdb {{\n  driver = static\n  args = home={at}/home\n}}\n",
            at = folder.display(),
            uid = owner.0,
            gid = owner.1
        );
        fs::write(folder.join("dovecot.conf"), text).unwrap();
        Self(place)
    }

    /// What opens a session on standard input and output.
    fn command(&self) -> String {
        use std::os::unix::fs::MetadataExt;
        let owner = fs::metadata(self.0.path()).unwrap();
        let at = self.0.path().display();
        let us = owner.uid() != 65534;
        let who = if us { String::new() } else { "setpriv --reuid=65534 --regid=65534 --clear-groups ".to_owned() };
        format!("env USER=quelqu HOME={at}/home {who}doveadm -c {at}/dovecot.conf exec imap")
    }

    fn inbox(&self) -> Vec<PathBuf> {
        messages(&self.0.path().join("home/Maildir"))
    }

    /// Delivers a message.
    fn put(&self, text: &str) {
        use std::os::unix::fs::{MetadataExt, chown};
        let (maildir, owner) = (self.0.path().join("home/Maildir"), fs::metadata(self.0.path()).unwrap());
        fs::write(maildir.join("tmp/1.essai"), text).unwrap();
        chown(maildir.join("tmp/1.essai"), Some(owner.uid()), Some(owner.gid())).unwrap();
        fs::rename(maildir.join("tmp/1.essai"), maildir.join("new/1.essai")).unwrap();
    }
}
