//! Rights × commands: what each single right of RFC 4314 lets somebody do with a mailbox that an organisation shares,
//! and that whoever has none cannot tell it from one that is not there.

use sceau::mail::{AccountId, AclRights, MailboxId};
use sceau::store::Sign;

use super::world::{Client, Setting, Ways, World};

/// Where the mailboxes lie.
const TOP: &str = "Shared/accueil@a.mssante.fr";

/// Commands that name a mailbox (`%`): the outcome where it is absent, where it is in an account that is closed to the
/// login, with no right, and with each single one.
///
/// | sign | outcome |
/// |---|---|
/// | `+` | OK |
/// | `.` | OK, and it is not shown |
/// | `-` | NO, NOPERM |
/// | `0` | NO, NONEXISTENT |
/// | `c` | NO, TRYCREATE |
// [rfc4314#4] [rfc4314#6]
const NAMING: &str = r#"
command                              absent other none  l r s w i p k x t e a  all
LIST "" %                            .      .     .     + . . . . . . . . . .  +
LIST "" % RETURN (MYRIGHTS)          .      .     .     + . . . . . . . . . .  +
LIST "" % RETURN (STATUS (UNSEEN))   .      .     .     + . . . . . . . . . .  +
SUBSCRIBE %                          +      +     +     + + + + + + + + + + +  +
UNSUBSCRIBE %                        +      +     +     + + + + + + + + + + +  +
SELECT %                             0      0     0     - + 0 0 - 0 - - 0 0 -  +
EXAMINE %                            0      0     0     - + 0 0 - 0 - - 0 0 -  +
STATUS % (MESSAGES)                  0      0     0     - + 0 0 - 0 - - 0 0 -  +
GETQUOTAROOT %                       0      0     0     - + 0 0 - 0 - - 0 0 -  +
CREATE %/x                           -      -     -     - - - - - - + - - - -  +
DELETE %                             0      0     0     - - 0 0 - 0 - + 0 0 -  +
RENAME % Dossier/y                   0      0     0     - - 0 0 - 0 - + 0 0 -  +
RENAME Dossier/z %/z                 -      -     -     - - - - - - + - - - -  +
APPEND % {1+}                        c      c     c     - - c c + c - - c c -  +
COPY 1 %                             c      c     c     - - c c + c - - c c -  +
MOVE 1 %                             c      c     c     - - c c + c - - c c -  +
MYRIGHTS %                           0      0     0     + + 0 0 + 0 + + 0 0 +  +
GETACL %                             0      0     0     - - 0 0 - 0 - - 0 0 +  +
LISTRIGHTS % anne@a.mssante.fr       0      0     0     - - 0 0 - 0 - - 0 0 +  +
SETACL % anne@a.mssante.fr +l        0      0     0     - - 0 0 - 0 - - 0 0 +  +
DELETEACL % -anne@a.mssante.fr       0      0     0     - - 0 0 - 0 - - 0 0 +  +
"#;

/// Commands in a selected mailbox over which the login has `r` and one right besides.
// [rfc4314#4] [rfc4314#5.2]
const SELECTED: &str = r"
command                              r  rl rs rw ri rp rk rx rt re ra  rte all
NOOP                                 +  +  +  +  +  +  +  +  +  +  +   +   +
FETCH 1 FLAGS                        +  +  +  +  +  +  +  +  +  +  +   +   +
FETCH 1 BODY[]                       +  +  +  +  +  +  +  +  +  +  +   +   +
UID FETCH 1 BODY.PEEK[]              +  +  +  +  +  +  +  +  +  +  +   +   +
SEARCH ALL                           +  +  +  +  +  +  +  +  +  +  +   +   +
SORT (DATE) UTF-8 ALL                +  +  +  +  +  +  +  +  +  +  +   +   +
THREAD REFERENCES UTF-8 ALL          +  +  +  +  +  +  +  +  +  +  +   +   +
STORE 1 +FLAGS (\Seen)               -  -  +  -  -  -  -  -  -  -  -   -   +
STORE 1 +FLAGS (\Flagged)            -  -  -  +  -  -  -  -  -  -  -   -   +
STORE 1 +FLAGS ($Urgent)             -  -  -  +  -  -  -  -  -  -  -   -   +
STORE 1 -FLAGS (\Deleted)            -  -  -  -  -  -  -  -  +  -  -   +   +
STORE 1 FLAGS (\Seen \Flagged)       -  -  +  +  -  -  -  -  -  -  -   -   +
UID STORE 1 FLAGS ()                 -  -  +  +  -  -  -  -  +  -  -   +   +
EXPUNGE                              -  -  -  -  -  -  -  -  -  +  -   +   +
UID EXPUNGE 1                        -  -  -  -  -  -  -  -  -  +  -   +   +
COPY 1 Dossier                       +  +  +  +  +  +  +  +  +  +  +   +   +
MOVE 1 Dossier                       -  -  -  -  -  -  -  -  -  -  -   +   +
COPY 1 INBOX                         +  +  +  +  +  +  +  +  +  +  +   +   +
MOVE 1 INBOX                         -  -  -  -  -  -  -  -  -  -  -   +   +
CLOSE                                +  +  +  +  +  +  +  +  +  +  +   +   +
UNSELECT                             +  +  +  +  +  +  +  +  +  +  +   +   +
";

/// An organisation's mailboxes, its administrator, and the one whose rights are tried.
struct Office {
    world: World,
    anne: Client,
    paul: Client,
    made: u32,
}

impl Office {
    fn new() -> Self {
        let world = World::new(Setting { logins: Ways::Shared, ..Setting::default() });
        let (mut anne, mut paul) = (world.sign_in(), world.sign_in_as("paul@a.mssante.fr"));
        world.talk(&mut anne, &format!("a CREATE {TOP}/Dossier/z\r\n"));
        world.talk(&mut paul, "a APPEND INBOX {1+}\r\nx\r\n");
        let office = Self { world, anne, paul, made: 0 };
        office.give(&format!("{TOP}/Dossier"), AclRights::ALL);
        office.give(&format!("{TOP}/Dossier/z"), AclRights::ALL);
        office
    }

    fn find(&self, name: &str) -> (AccountId, MailboxId) {
        let account = self.world.store.account(self.world.named("accueil")).unwrap();
        let local = name.strip_prefix(TOP).unwrap().trim_start_matches('/');
        (account.id(), account.mailbox_by_name(local).unwrap().unwrap().id)
    }

    fn give(&self, name: &str, rights: AclRights) {
        let ((account, mailbox), paul) = (self.find(name), self.world.named("paul"));
        let job = move |tx: &mut sceau::store::Tx<'_>| tx.set_rights(account, mailbox, paul, Sign::Gives, rights);
        self.world.store.write_blocking(job).unwrap();
    }

    /// A new mailbox with one message, over which the login has these rights.
    fn mailbox(&mut self, rights: AclRights) -> String {
        self.made += 1;
        let name = format!("{TOP}/m{}", self.made);
        self.world.talk(&mut self.anne, &format!("a CREATE {name}\r\nb APPEND {name} {{1+}}\r\nx\r\n"));
        self.give(&name, rights);
        name
    }

    /// The name that a column means.
    fn target(&mut self, column: &str) -> String {
        match column {
            "absent" => format!("{TOP}/nothing"),
            "other" => "Shared/secret@a.mssante.fr/INBOX".to_owned(),
            "none" => self.mailbox(AclRights::NONE),
            "all" => self.mailbox(AclRights::ALL),
            letters => self.mailbox(AclRights::parse(letters).unwrap()),
        }
    }

    /// Gives a command, and says how it ended: the sign, and the whole answer.
    fn outcome(&mut self, command: &str, name: &str) -> (char, String) {
        let mut line = command.replace('%', name).replace("Dossier", &format!("{TOP}/Dossier"));
        if line.ends_with("{1+}") {
            line.push_str("\r\nx");
        }
        let said = self.world.talk(&mut self.paul, &format!("t {line}\r\n"));
        let tagged = said.lines().find(|line| line.starts_with("t ")).unwrap_or_default();
        let shown = said.contains(&format!("\"{name}\""));
        let sign = match () {
            () if tagged.starts_with("t OK") && command.starts_with("LIST ") && !shown => '.',
            () if tagged.starts_with("t OK") => '+',
            () if tagged.starts_with("t NO [NOPERM]") => '-',
            () if tagged.starts_with("t NO [NONEXISTENT]") => '0',
            () if tagged.starts_with("t NO [TRYCREATE]") => 'c',
            () => panic!("{line}: {said}"),
        };
        (sign, said)
    }
}

/// The rows of a table: the command, and a sign for each column.
fn rows(table: &str) -> (Vec<&str>, Vec<(&str, Vec<char>)>) {
    let mut lines = table.trim().lines().map(|line| line.split_at(37));
    let columns = lines.next().unwrap().1.split_whitespace().collect();
    let signs = |signs: &str| signs.split_whitespace().map(|sign| sign.parse().unwrap()).collect();
    (columns, lines.map(|(command, row)| (command.trim(), signs(row))).collect())
}

// [rfc4314#4] [rfc4314#6] [rfc6851#4.2]
#[test]
fn each_right_over_a_named_mailbox_lets_do_what_it_says() {
    let mut office = Office::new();
    let (columns, rows) = rows(NAMING);
    for (command, signs) in rows {
        assert_eq!(signs.len(), columns.len(), "{command}");
        let mut absent = String::new();
        for (column, sign) in columns.iter().zip(signs) {
            if command.starts_with("COPY") || command.starts_with("MOVE") {
                office.world.talk(&mut office.paul, "s APPEND INBOX {1+}\r\nx\r\ns SELECT INBOX\r\n");
            }
            let name = office.target(column);
            let (found, said) = office.outcome(command, &name);
            assert_eq!(found, sign, "{command} with {column}: {said}");
            // to the letter the same as for what is not there
            let said = said.replace(&name, "%");
            match *column {
                "absent" => absent = said,
                "other" | "none" => assert_eq!(said, absent, "{command} with {column}"),
                _ => {}
            }
            if command.starts_with("RENAME") {
                office.world.talk(&mut office.anne, &format!("a DELETE {TOP}/Dossier/y\r\n"));
                office.world.talk(&mut office.anne, &format!("a RENAME {name}/z {TOP}/Dossier/z\r\n"));
            }
        }
    }
}

// [rfc4314#4] [rfc4314#5.2]
#[test]
fn each_right_over_the_selected_mailbox_lets_do_what_it_says() {
    let mut office = Office::new();
    let (columns, rows) = rows(SELECTED);
    for (command, signs) in rows {
        assert_eq!(signs.len(), columns.len(), "{command}");
        for (column, sign) in columns.iter().zip(signs) {
            let name = office.target(column);
            let selected = office.world.talk(&mut office.paul, &format!("s SELECT {name}\r\n"));
            let writes = !matches!(*column, "r" | "rl" | "rp" | "rk" | "rx" | "ra");
            assert_eq!(selected.contains("[READ-WRITE]"), writes, "{column}: {selected}");
            let (found, said) = office.outcome(command, &name);
            assert_eq!(found, sign, "{command} with {column}: {said}");
            if command.contains("BODY[]") {
                let seen = matches!(*column, "rs" | "all");
                assert_eq!(said.contains("\\Seen"), seen, "{column}: {said}");
            }
        }
    }
}

// [rfc4314#5.1.1]
#[test]
fn rights_that_are_withdrawn_are_gone_at_once() {
    for command in
        ["FETCH 1 FLAGS", "FETCH 1 BODY[]", "SEARCH ALL", "STORE 1 +FLAGS (\\Seen)", "COPY 1 INBOX", "EXPUNGE"]
    {
        let mut office = Office::new();
        let name = office.mailbox(AclRights::ALL);
        office.world.talk(&mut office.paul, &format!("s SELECT {name}\r\n"));
        office.give(&name, AclRights::parse("l").unwrap());
        let (sign, said) = office.outcome(command, &name);
        assert_eq!((sign, said.contains("* 1 FETCH")), ('-', false), "{command}: {said}");
        let told = office.world.talk(&mut office.paul, "t NOOP\r\n");
        assert!(said.contains("* 1 EXPUNGE") || told.contains("* 1 EXPUNGE"), "{command}: {said}{told}");
        // given back, it has to be selected again
        office.give(&name, AclRights::ALL);
        assert_eq!(office.outcome("SEARCH ALL", &name).0, '-');
        assert_eq!(office.outcome("SELECT %", &name).0, '+');
        assert_eq!(office.outcome(command, &name).0, '+');
    }
}
