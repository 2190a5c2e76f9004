//! Debian's Postfix as another operator: a private instance with its own configuration, queue, data and ports in a
//! folder, on loopback, as root. Stopped when it is dropped.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::world::{Files, free_port, listens, wait_until};

/// Where it listens.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// Operators, with its own certificate.
    pub operators: u16,
    /// The same with a good certificate that no list names.
    pub unlisted: u16,
    /// The same with a certificate of an authority that nobody knows.
    pub other_authority: u16,
    /// The same without TLS.
    pub clear: u16,
    /// Its own people, in clear and without login.
    pub people: u16,
}

impl Ports {
    pub fn free() -> Self {
        let [operators, unlisted, other_authority, clear, people] = std::array::from_fn(|_| free_port());
        Self { operators, unlisted, other_authority, clear, people }
    }
}

/// A running Postfix.
pub struct Postfix {
    folder: PathBuf,
    pub ports: Ports,
}

/// Services that have nothing to do with which test this is.
const SERVICES: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";

impl Postfix {
    /// Writes everything and starts it. `ours` is where our operators' port is.
    pub fn start(folder: &Path, files: &Files, ports: Ports, ours: u16) -> Self {
        for name in ["spool", "data", "log", "conf", "mail"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        chown(folder.join("data"), Some(id("postfix", 2)), Some(id("postfix", 3))).unwrap();
        chown(folder.join("mail"), Some(id("nobody", 2)), Some(id("nobody", 3))).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        write("conf/master.cf", &master(files, ports));
        write("conf/main.cf", &main_cf(folder, files));
        let to = format!("[127.0.0.1]:{ours}");
        write(
            "transport",
            &format!(
                "nous.mssante.fr smtp:{to}\ninconnu@nous.mssante.fr smtp-unlisted:{to}\n\
                 autre@nous.mssante.fr smtp-other:{to}\n"
            ),
        );
        write("policy", &format!("{to} secure match=mx.nous.mssante.fr\n"));
        write("access", "grise@pf.mssante.fr 450 4.7.1 liste grise\n");
        let instance = Self { folder: folder.to_owned(), ports };
        instance.run();
        instance
    }

    /// Starts it, again after [`Postfix::stop`].
    pub fn run(&self) {
        self.control("start");
        wait_until("Postfix listens", || listens(self.ports.operators) && listens(self.ports.people));
    }

    pub fn stop(&self) {
        self.control("stop");
        wait_until("Postfix has ended", || !listens(self.ports.operators));
    }

    /// Takes everybody from the grey list.
    pub fn greet_everybody(&self) {
        fs::write(self.folder.join("access"), "").unwrap();
        self.control("reload");
    }

    fn control(&self, command: &str) {
        let mut postfix = Command::new("/usr/sbin/postfix");
        postfix.arg("-c").arg(self.folder.join("conf")).arg(command);
        let status = postfix.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success() || command == "stop", "postfix {command}: {}", self.log());
    }

    /// What waits in its queue, as JSON lines.
    pub fn queue(&self) -> String {
        let mut postqueue = Command::new("/usr/sbin/postqueue");
        let output = postqueue.arg("-c").arg(self.folder.join("conf")).arg("-j").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Tries everything in its queue now.
    pub fn flush(&self) {
        let mut postqueue = Command::new("/usr/sbin/postqueue");
        assert!(postqueue.arg("-c").arg(self.folder.join("conf")).arg("-f").status().unwrap().success());
    }

    /// Its log, for whoever wonders why.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log/postfix.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// The messages that it has delivered, with CRLF.
    pub fn delivered(&self) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(self.folder.join("mail/box/new")).into_iter().flatten().flatten();
        entries.filter_map(|entry| fs::read(entry.path()).ok()).map(|text| with_crlf(&text)).collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.control("stop");
    }
}

fn master(files: &Files, ports: Ports) -> String {
    let certificate = |name: &str| {
        let (certificate, key) = files.identity(name);
        format!("-o smtpd_tls_cert_file={} -o smtpd_tls_key_file={}", certificate.display(), key.display())
    };
    let client = |service: &str, name: &str| {
        let (certificate, key) = files.identity(name);
        let (certificate, key) = (certificate.display(), key.display());
        format!("{service} unix - - n - - smtp -o smtp_tls_cert_file={certificate} -o smtp_tls_key_file={key}\n")
    };
    let door = |port: u16, options: &str| format!("127.0.0.1:{port} inet n - n - 200 smtpd {options}\n");
    let people = "-o smtpd_tls_security_level=none -o mynetworks=127.0.0.0/8 \
                  -o smtpd_relay_restrictions=permit_mynetworks,reject \
                  -o smtpd_recipient_restrictions=permit_mynetworks,reject";
    [
        door(ports.operators, ""),
        door(ports.unlisted, &certificate("unlisted")),
        door(ports.other_authority, &certificate("other")),
        door(ports.clear, "-o smtpd_tls_security_level=none"),
        door(ports.people, people),
        client("smtp-unlisted", "unlisted"),
        client("smtp-other", "other"),
        SERVICES.to_owned(),
    ]
    .concat()
}

fn main_cf(folder: &Path, files: &Files) -> String {
    let (certificate, key) = files.identity("postfix");
    let (dir, authorities) = (folder.display(), files.authorities().display().to_string());
    let (certificate, key) = (certificate.display(), key.display());
    format!(
        "compatibility_level = 3.6\nqueue_directory = {dir}/spool\ndata_directory = {dir}/data\n\
         daemon_directory = /usr/lib/postfix/sbin\ncommand_directory = /usr/sbin\nmail_owner = postfix\n\
         setgid_group = postdrop\nmyhostname = mx.pf.mssante.fr\nmyorigin = pf.mssante.fr\nmydestination =\nmynetworks =\n\
         maillog_file = {dir}/log/postfix.log\nmaillog_file_prefixes = {dir}/log\ninet_protocols = ipv4\n\
         virtual_mailbox_domains = pf.mssante.fr unlisted.mssante.fr other.mssante.fr clear.mssante.fr\n\
         virtual_mailbox_maps = static:box/\nvirtual_mailbox_base = {dir}/mail\nvirtual_minimum_uid = 100\n\
         virtual_uid_maps = static:{nobody}\nvirtual_gid_maps = static:{nogroup}\nvirtual_mailbox_limit = 0\n\
         message_size_limit = 70000000\nsmtpd_tls_security_level = encrypt\nsmtpd_tls_cert_file = {certificate}\n\
         smtpd_tls_key_file = {key}\nsmtpd_tls_CAfile = {authorities}\nsmtpd_tls_ask_ccert = yes\n\
         smtpd_tls_req_ccert = yes\nsmtpd_tls_mandatory_protocols = >=TLSv1.2\n\
         smtpd_relay_restrictions = reject_unauth_destination\n\
         smtpd_recipient_restrictions = reject_unauth_destination, check_recipient_access texthash:{dir}/access\n\
         smtpd_client_connection_count_limit = 0\nsmtpd_peername_lookup = no\nin_flow_delay = 0s\n\
         transport_maps = texthash:{dir}/transport\nsmtp_tls_policy_maps = texthash:{dir}/policy\n\
         smtp_tls_security_level = encrypt\nsmtp_tls_cert_file = {certificate}\nsmtp_tls_key_file = {key}\n\
         smtp_tls_CAfile = {authorities}\nsmtp_dns_support_level = disabled\nsmtp_host_lookup = native\n\
         smtp_destination_recipient_limit = 1000\nminimal_backoff_time = 2s\nmaximal_backoff_time = 4s\n\
         queue_run_delay = 2s\n",
        nobody = id("nobody", 2),
        nogroup = id("nobody", 3),
    )
}

/// A number of a user in the password file: 2 its own, 3 that of its group.
fn id(user: &str, field: usize) -> u32 {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.split(':').next() == Some(user)).unwrap();
    line.split(':').nth(field).unwrap().parse().unwrap()
}

fn with_crlf(text: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(text.len() + text.len() / 40);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => whole.extend([line, b"\r\n"].concat()),
            None => whole.extend(line),
        }
    }
    whole
}
