//! The command table: each command's name, the states in which it may be given, how its arguments are read, and the
//! capability that announces it. What CAPABILITY says is derived from it, so a command is announced where it works
//! and nowhere else.
//!
//! An extension adds rows here, a variant of [`Kind`], and its file in `sessions/imap`.

use super::append::Form;
use super::args::{Args, Parsed, syntax};
use super::command::{Access, Kind, Numbers, Transfer};
use super::name::WireName;
use super::sequence::SequenceSet;
use super::{acl, fetch, flags, list, metadata, multisearch, notify, resync, search, sort};
use crate::proto::sasl::{self, Credentials, Terms};

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No TLS: nothing is possible that concerns anybody.
    Plain,
    /// TLS, nobody signed in.
    Secured,
    /// Signed in.
    Authenticated,
    /// Signed in, a mailbox is selected.
    Selected,
}

/// A set of states.
#[derive(Debug, Clone, Copy)]
pub(super) struct States(u8);

impl States {
    const PLAIN: Self = Self(1);
    const SECURED: Self = Self(2);
    const SELECTED: Self = Self(8);
    const BEFORE_LOGIN: Self = Self(3);
    const AFTER_LOGIN: Self = Self(12);
    const ANY: Self = Self(15);

    pub(super) fn contains(self, state: State) -> bool {
        self.0 >> (state as u8) & 1 == 1
    }
}

/// How a command goes on once its line is there.
pub(super) enum Action {
    /// The arguments are read and the session is asked.
    Ask(fn(&mut Args<'_>) -> Parsed<Kind>),
    /// AUTHENTICATE: the machine leads the exchange.
    Authenticate,
    /// APPEND, REPLACE: messages are streamed between the arguments.
    Append(Form),
    /// STARTTLS.
    StartTls,
    /// LOGOUT.
    Logout,
}

/// A row of the table.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) states: States,
    pub(super) action: Action,
    capability: Option<&'static str>,
}

const fn row(name: &'static str, states: States, action: Action) -> Row {
    Row { name, states, action, capability: None }
}

const fn extension(name: &'static str, states: States, action: Action, capability: &'static str) -> Row {
    Row { name, states, action, capability: Some(capability) }
}

use Action::Ask;

/// Every command. The order is that of the capabilities.
static COMMANDS: [Row; 58] = [
    row("CAPABILITY", States::ANY, Ask(|args| args.end().map(|()| Kind::Capability))),
    row("NOOP", States::ANY, Ask(|args| args.end().map(|()| Kind::Noop))),
    row("LOGOUT", States::ANY, Action::Logout),
    extension("ID", States::ANY, Ask(id), "ID"),
    extension("STARTTLS", States::PLAIN, Action::StartTls, "STARTTLS"),
    row("AUTHENTICATE", States::SECURED, Action::Authenticate),
    row("LOGIN", States::SECURED, Ask(login)),
    extension("ENABLE", States::AFTER_LOGIN, Ask(enable), "ENABLE"),
    extension("NAMESPACE", States::AFTER_LOGIN, Ask(|args| args.end().map(|()| Kind::Namespace)), "NAMESPACE"),
    row("SELECT", States::AFTER_LOGIN, Ask(|args| select(args, Access::ReadWrite))),
    row("EXAMINE", States::AFTER_LOGIN, Ask(|args| select(args, Access::ReadOnly))),
    extension("CREATE", States::AFTER_LOGIN, Ask(create), "CREATE-SPECIAL-USE"),
    row("DELETE", States::AFTER_LOGIN, Ask(|args| mailbox(args).map(Kind::Delete))),
    row("RENAME", States::AFTER_LOGIN, Ask(rename)),
    row("SUBSCRIBE", States::AFTER_LOGIN, Ask(|args| mailbox(args).map(Kind::Subscribe))),
    row("UNSUBSCRIBE", States::AFTER_LOGIN, Ask(|args| mailbox(args).map(Kind::Unsubscribe))),
    extension("LIST", States::AFTER_LOGIN, Ask(list_command), "LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE"),
    row("LSUB", States::AFTER_LOGIN, Ask(lsub)),
    row("STATUS", States::AFTER_LOGIN, Ask(status)),
    extension("GETQUOTA", States::AFTER_LOGIN, Ask(get_quota), "QUOTA QUOTA=RES-STORAGE"),
    row("GETQUOTAROOT", States::AFTER_LOGIN, Ask(|args| mailbox(args).map(Kind::GetQuotaRoot))),
    row("SETQUOTA", States::AFTER_LOGIN, Ask(set_quota)),
    extension(
        "SETACL",
        States::AFTER_LOGIN,
        Ask(|args| acl::set(args).map(Kind::Acl)),
        "ACL RIGHTS=kxte LIST-MYRIGHTS",
    ),
    row("DELETEACL", States::AFTER_LOGIN, Ask(|args| acl::delete(args).map(Kind::Acl))),
    row("GETACL", States::AFTER_LOGIN, Ask(|args| acl::get(args).map(Kind::Acl))),
    row("LISTRIGHTS", States::AFTER_LOGIN, Ask(|args| acl::list(args).map(Kind::Acl))),
    row("MYRIGHTS", States::AFTER_LOGIN, Ask(|args| acl::mine(args).map(Kind::Acl))),
    extension(
        "GETMETADATA",
        States::AFTER_LOGIN,
        Ask(|args| metadata::get(args).map(Kind::Metadata)),
        "METADATA LIST-METADATA",
    ),
    row("SETMETADATA", States::AFTER_LOGIN, Ask(|args| metadata::set(args).map(Kind::Metadata))),
    extension("NOTIFY", States::AFTER_LOGIN, Ask(|args| notify::parse(args).map(Kind::Notify)), "NOTIFY"),
    extension("COMPRESS", States::AFTER_LOGIN, Ask(compress), "COMPRESS=DEFLATE"),
    extension(
        "UNAUTHENTICATE",
        States::AFTER_LOGIN,
        Ask(|args| args.end().map(|()| Kind::Unauthenticate)),
        "UNAUTHENTICATE",
    ),
    extension("APPEND", States::AFTER_LOGIN, Action::Append(Form::Append), "MULTIAPPEND CATENATE"),
    extension("REPLACE", States::SELECTED, Action::Append(Form::Replace(Numbers::Sequence)), "REPLACE"),
    row("UID REPLACE", States::SELECTED, Action::Append(Form::Replace(Numbers::Uid))),
    // IDLE without a mailbox must be answered too: Outlook sends it
    extension("IDLE", States::AFTER_LOGIN, Ask(|args| args.end().map(|()| Kind::Idle)), "IDLE"),
    row("CHECK", States::SELECTED, Ask(|args| args.end().map(|()| Kind::Noop))),
    row("CLOSE", States::SELECTED, Ask(|args| args.end().map(|()| Kind::Close))),
    extension("UNSELECT", States::SELECTED, Ask(|args| args.end().map(|()| Kind::Unselect)), "UNSELECT"),
    row("EXPUNGE", States::SELECTED, Ask(|args| args.end().map(|()| Kind::Expunge(None)))),
    extension("UID EXPUNGE", States::SELECTED, Ask(uid_expunge), "UIDPLUS"),
    row("SEARCH", States::SELECTED, Ask(|args| search_command(args, Numbers::Sequence))),
    row("UID SEARCH", States::SELECTED, Ask(|args| search_command(args, Numbers::Uid))),
    extension("ESEARCH", States::AFTER_LOGIN, Ask(multi_search), "ESEARCH MULTISEARCH"),
    extension("CANCELUPDATE", States::SELECTED, Ask(cancel_update), "CONTEXT=SEARCH"),
    extension("UIDBATCHES", States::SELECTED, Ask(uid_batches), "UIDBATCHES"),
    extension("SORT", States::SELECTED, Ask(|args| sort_command(args, Numbers::Sequence)), "SORT SORT=DISPLAY ESORT"),
    row("UID SORT", States::SELECTED, Ask(|args| sort_command(args, Numbers::Uid))),
    extension(
        "THREAD",
        States::SELECTED,
        Ask(|args| thread(args, Numbers::Sequence)),
        "THREAD=ORDEREDSUBJECT THREAD=REFERENCES",
    ),
    row("UID THREAD", States::SELECTED, Ask(|args| thread(args, Numbers::Uid))),
    row("FETCH", States::SELECTED, Ask(|args| fetch_command(args, Numbers::Sequence))),
    row("UID FETCH", States::SELECTED, Ask(|args| fetch_command(args, Numbers::Uid))),
    row("STORE", States::SELECTED, Ask(|args| store(args, Numbers::Sequence))),
    row("UID STORE", States::SELECTED, Ask(|args| store(args, Numbers::Uid))),
    row("COPY", States::SELECTED, Ask(|args| transfer(args, Numbers::Sequence).map(Kind::Copy))),
    row("UID COPY", States::SELECTED, Ask(|args| transfer(args, Numbers::Uid).map(Kind::Copy))),
    extension("MOVE", States::SELECTED, Ask(|args| transfer(args, Numbers::Sequence).map(Kind::Move)), "MOVE"),
    row("UID MOVE", States::SELECTED, Ask(|args| transfer(args, Numbers::Uid).map(Kind::Move))),
];

/// Capabilities that belong to no command.
const FEATURES: [(&str, States); 17] = [
    ("IMAP4rev1", States::ANY),
    ("IMAP4rev2", States::ANY),
    ("LITERAL+", States::ANY),
    ("SASL-IR", States::BEFORE_LOGIN),
    ("LOGINDISABLED", States::PLAIN),
    ("UTF8=ACCEPT", States::AFTER_LOGIN),
    ("CONDSTORE", States::AFTER_LOGIN),
    ("QRESYNC", States::AFTER_LOGIN),
    ("SEARCHRES", States::AFTER_LOGIN),
    ("PARTIAL", States::AFTER_LOGIN),
    ("WITHIN", States::AFTER_LOGIN),
    ("STATUS=SIZE", States::AFTER_LOGIN),
    ("INPROGRESS", States::AFTER_LOGIN),
    ("OBJECTID", States::AFTER_LOGIN),
    ("SAVEDATE", States::AFTER_LOGIN),
    ("PREVIEW", States::AFTER_LOGIN),
    ("BINARY", States::AFTER_LOGIN),
];

/// The row of a command's name, in any case.
pub(super) fn find(name: &str) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// What a connection offers, beside what every connection does.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// What AUTHENTICATE offers.
    pub terms: &'a Terms,
    /// Octets of a message that APPEND takes.
    pub append_limit: u64,
    /// Messages that one command may work on; 0 for any number.
    pub message_limit: u32,
    /// Capabilities that are switched off for the account, upper case.
    pub off: &'a [String],
}

/// What CAPABILITY lists in this state, on a connection with this offer.
// [rfc3501#6.1.1] [rfc9051#6.1.1] [rfc7889#3.1] [rfc9738#3] [clients#imap-what-to-offer]
#[must_use]
pub fn capabilities(state: State, offer: &Offer<'_>) -> String {
    let features = FEATURES.iter().filter(|(_, states)| states.contains(state)).map(|(name, _)| *name);
    let commands = COMMANDS.iter().filter(|row| row.states.contains(state) || in_reach(row, state));
    let mut text: Vec<String> = features.map(str::to_owned).collect();
    if state == State::Secured {
        text.extend(sasl::mechanisms(offer.terms).map(|name| format!("AUTH={name}")));
    }
    text.extend(commands.flat_map(Row::capabilities).map(str::to_owned));
    if States::AFTER_LOGIN.contains(state) {
        text.push(format!("APPENDLIMIT={}", offer.append_limit));
        if offer.message_limit > 0 {
            text.push(format!("MESSAGELIMIT={}", offer.message_limit));
        }
    }
    text.retain(|name| !is_off(name, offer.off));
    text.join(" ")
}

/// Whether a capability is switched off: `APPENDLIMIT` names `APPENDLIMIT=60000000` too.
fn is_off(name: &str, off: &[String]) -> bool {
    let word = name.split('=').next().unwrap_or(name);
    off.iter().any(|off| off.eq_ignore_ascii_case(name) || off.eq_ignore_ascii_case(word))
}

/// Whether a word may be the name of a capability that can be switched off: not what every client counts on.
#[must_use]
pub fn can_be_off(word: &str) -> bool {
    let features = FEATURES.iter().map(|(name, _)| *name).filter(|name| *name != "IMAP4rev1");
    let mut names = features.chain(COMMANDS.iter().flat_map(Row::capabilities)).chain(["APPENDLIMIT", "MESSAGELIMIT"]);
    names.any(|name| is_off(name, &[word.to_owned()]))
}

impl Row {
    /// The capabilities that announce it.
    fn capabilities(&self) -> impl Iterator<Item = &'static str> {
        self.capability.into_iter().flat_map(|names| names.split(' '))
    }

    /// Whether all that announces it is switched off, so that it is not known.
    pub(super) fn is_off(&self, off: &[String]) -> bool {
        if off.is_empty() {
            return false;
        }
        match (self.capability, self.name.strip_prefix("UID ")) {
            (Some(_), _) => self.capabilities().all(|name| is_off(name, off)),
            (None, Some(name)) => find(name).is_some_and(|row| row.is_off(off)),
            (None, None) => false,
        }
    }
}

/// Whether SELECT, which is always possible once signed in, makes the command possible.
fn in_reach(row: &Row, state: State) -> bool {
    state == State::Authenticated && row.states.contains(State::Selected)
}

/// Reads the command's name, of one word or of two (`UID FETCH`).
pub(super) fn name(args: &mut Args<'_>) -> Parsed<String> {
    let first = args.word()?;
    if first == "UID" && args.take(b" ") {
        return Ok(format!("UID {}", args.word()?));
    }
    Ok(first)
}

// [rfc2971#3.1]
fn id(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    let mut fields = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !args.take(b"NIL") {
        fields = args.list_or_empty(|args| {
            let name = text(&args.string()?);
            args.space()?;
            Ok((name, args.nstring()?.map(|value| text(&value))))
        })?;
    }
    args.end()?;
    Ok(Kind::Id(fields))
}

// [rfc3501#6.2.3]
fn login(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    let user = args.text()?;
    args.space()?;
    let password = args.text()?.into();
    args.end()?;
    Ok(Kind::Login(Credentials::Password { authzid: None, user, password }))
}

// [rfc5161#3.1]
fn enable(args: &mut Args<'_>) -> Parsed<Kind> {
    let mut names = Vec::new();
    while args.take(b" ") && !args.is_empty() {
        names.push(args.word()?);
    }
    if names.is_empty() { Err(syntax("ENABLE needs a name")) } else { Ok(Kind::Enable(names)) }
}

fn mailbox(args: &mut Args<'_>) -> Parsed<WireName> {
    args.space()?;
    let name = WireName(args.mailbox()?);
    args.end()?;
    Ok(name)
}

/// `name (USE (\Archive))`
// [rfc6154#3]
fn create(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    let mailbox = WireName(args.mailbox()?);
    let mut uses = Vec::new();
    if args.take(b" (USE ") {
        uses = args.list_or_empty(|args| {
            args.expect("\\")?;
            args.atom().map(|word| format!("\\{word}"))
        })?;
        args.expect(")")?;
    }
    args.end()?;
    Ok(Kind::Create { mailbox, uses })
}

// [rfc4978#3]
fn compress(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    let mechanism = args.word()?;
    args.end()?;
    if mechanism == "DEFLATE" { Ok(Kind::Compress) } else { Err(syntax("only DEFLATE is known")) }
}

// [rfc9208#4.1.2]
fn get_quota(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    let root = args.text()?;
    args.end()?;
    Ok(Kind::GetQuota(root))
}

// [rfc9208#4.1.1]
fn set_quota(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    args.text()?;
    args.space()?;
    args.list_or_empty(|args| {
        args.atom()?;
        args.space()?;
        args.number64()
    })?;
    args.end()?;
    Ok(Kind::SetQuota)
}

fn select(args: &mut Args<'_>, access: Access) -> Parsed<Kind> {
    args.space()?;
    let mailbox = WireName(args.mailbox()?);
    let params = resync::select_params(args)?;
    args.end()?;
    Ok(Kind::Select { mailbox, access, params })
}

fn rename(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    let from = WireName(args.mailbox()?);
    mailbox(args).map(|to| Kind::Rename { from, to })
}

fn list_command(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    list::parse(args).map(Kind::List)
}

fn lsub(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    let reference = WireName(args.mailbox()?);
    args.space()?;
    let pattern = args.pattern()?;
    args.end()?;
    Ok(Kind::Lsub { reference, pattern })
}

fn status(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    let mailbox = WireName(args.mailbox()?);
    args.space()?;
    let items = list::status_items(args)?;
    args.end()?;
    Ok(Kind::Status { mailbox, items })
}

fn set(args: &mut Args<'_>) -> Parsed<SequenceSet> {
    args.space()?;
    SequenceSet::parse(args)
}

fn uid_expunge(args: &mut Args<'_>) -> Parsed<Kind> {
    let set = set(args)?;
    args.end()?;
    Ok(Kind::Expunge(Some(set)))
}

fn search_command(args: &mut Args<'_>, numbers: Numbers) -> Parsed<Kind> {
    args.space()?;
    search::parse(args).map(|(returns, key)| Kind::Search { returns, key, numbers })
}

fn multi_search(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    multisearch::parse(args).map(Kind::MultiSearch)
}

fn uid_batches(args: &mut Args<'_>) -> Parsed<Kind> {
    args.space()?;
    multisearch::parse_batches(args).map(Kind::UidBatches)
}

// [rfc5267#4.3.5]
fn cancel_update(args: &mut Args<'_>) -> Parsed<Kind> {
    let mut tags = Vec::new();
    while args.take(b" ") && !args.is_empty() {
        tags.push(String::from_utf8_lossy(&args.string()?).into_owned());
    }
    if tags.is_empty() { Err(syntax("CANCELUPDATE needs a tag")) } else { Ok(Kind::CancelUpdate(tags)) }
}

fn sort_command(args: &mut Args<'_>, numbers: Numbers) -> Parsed<Kind> {
    args.space()?;
    sort::parse(args).map(|sort| Kind::Sort { sort, numbers })
}

fn thread(args: &mut Args<'_>, numbers: Numbers) -> Parsed<Kind> {
    args.space()?;
    sort::parse_thread(args).map(|(algorithm, key)| Kind::Thread { algorithm, key, numbers })
}

fn fetch_command(args: &mut Args<'_>, numbers: Numbers) -> Parsed<Kind> {
    let set = set(args)?;
    args.space()?;
    let items = fetch::parse(args)?;
    let modifiers = resync::fetch_modifiers(args)?;
    args.end()?;
    if modifiers.vanished && numbers == Numbers::Sequence {
        return Err(syntax("VANISHED goes with UID FETCH"));
    }
    Ok(Kind::Fetch { set, numbers, items, modifiers })
}

fn store(args: &mut Args<'_>, numbers: Numbers) -> Parsed<Kind> {
    let set = set(args)?;
    args.space()?;
    let unchanged_since = resync::unchanged_since(args)?;
    let (change, silence) = flags::change(args)?;
    args.space()?;
    let flags = flags::list(args)?;
    args.end()?;
    Ok(Kind::Store { set, numbers, unchanged_since, change, silence, flags })
}

fn transfer(args: &mut Args<'_>, numbers: Numbers) -> Parsed<Transfer> {
    let set = set(args)?;
    mailbox(args).map(|mailbox| Transfer { set, numbers, mailbox })
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc3501#6.1.1] [rfc7889#3.1] [rfc9738#3] [clients#imap-what-to-offer]
    #[test]
    fn each_state_announces_what_works_in_it() {
        let plain = Terms::default();
        let offer = Offer { terms: &plain, append_limit: 1000, message_limit: 0, off: &[] };
        for (state, text) in [
            (State::Plain, "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR LOGINDISABLED ID STARTTLS"),
            (State::Secured, "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID"),
            (
                State::Authenticated,
                "IMAP4rev1 IMAP4rev2 LITERAL+ UTF8=ACCEPT CONDSTORE QRESYNC SEARCHRES PARTIAL WITHIN STATUS=SIZE \
                 INPROGRESS OBJECTID SAVEDATE PREVIEW BINARY ID ENABLE NAMESPACE CREATE-SPECIAL-USE LIST-EXTENDED \
                 LIST-STATUS CHILDREN SPECIAL-USE QUOTA QUOTA=RES-STORAGE ACL RIGHTS=kxte \
                 LIST-MYRIGHTS METADATA LIST-METADATA NOTIFY COMPRESS=DEFLATE UNAUTHENTICATE \
                 MULTIAPPEND CATENATE REPLACE IDLE UNSELECT UIDPLUS ESEARCH MULTISEARCH CONTEXT=SEARCH UIDBATCHES \
                 SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES MOVE APPENDLIMIT=1000",
            ),
        ] {
            assert_eq!(capabilities(state, &offer), text);
        }
        let terms = Terms { scram: true, certificate: true, ..Terms::default() };
        let offered = Offer { terms: &terms, ..offer };
        let text = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR AUTH=EXTERNAL AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN ID";
        assert_eq!(capabilities(State::Secured, &offered), text);
        assert_eq!(capabilities(State::Selected, &offered), capabilities(State::Authenticated, &offer));
        let limited = capabilities(State::Selected, &Offer { message_limit: 5000, ..offer });
        assert!(limited.ends_with(" APPENDLIMIT=1000 MESSAGELIMIT=5000"), "{limited}");
    }

    // [clients#imap-what-to-offer]
    #[test]
    fn what_is_switched_off_is_neither_announced_nor_known() {
        let (plain, off) = (Terms::default(), ["IMAP4REV2", "COMPRESS", "THREAD", "APPENDLIMIT"].map(str::to_owned));
        let text =
            capabilities(State::Selected, &Offer { terms: &plain, append_limit: 1000, message_limit: 0, off: &off });
        let gone = ["IMAP4rev2", "COMPRESS", "THREAD", "APPENDLIMIT"];
        assert!(gone.iter().all(|word| !text.contains(word)) && text.contains("QRESYNC"), "{text}");
        assert!(find("COMPRESS").unwrap().is_off(&off) && find("THREAD").unwrap().is_off(&off));
        assert!(find("UID THREAD").unwrap().is_off(&off) && !find("UID FETCH").unwrap().is_off(&off));
        assert!(!find("NOOP").unwrap().is_off(&off) && !find("APPEND").unwrap().is_off(&off));
        assert!(can_be_off("qresync") && can_be_off("THREAD=REFERENCES") && can_be_off("appendlimit"));
        assert!(!can_be_off("IMAP4rev1") && !can_be_off("FOO"));
    }

    #[test]
    fn names_are_found_in_any_case_and_stand_once() {
        assert_eq!(find("uid fetch").map(|row| row.name), Some("UID FETCH"));
        assert!(find("FROB").is_none());
        for row in &COMMANDS {
            assert_eq!(COMMANDS.iter().filter(|other| other.name == row.name).count(), 1, "{}", row.name);
        }
    }

    // [rfc2971#3.1] [rfc5161#3.1] [rfc3501#6.2.3]
    #[test]
    fn each_command_reads_its_arguments() {
        for (text, ok) in [
            ("ID NIL", true),
            ("ID ()", true),
            ("ID (\"name\" \"Microsoft Office 365\" \"os\" NIL)", true),
            ("ID (\"name\")", false),
            ("ID", false),
            ("ENABLE UTF8=ACCEPT CONDSTORE", true),
            ("ENABLE", false),
            ("LOGIN a \"b c\"", true),
            ("LOGIN {1}\r\na {1+}\r\nb", true),
            ("LOGIN a", false),
            ("LOGIN \"\u{0}\" b", true),
            ("LSUB \"\" *", true),
            ("RENAME a b", true),
            ("RENAME a", false),
            ("UID EXPUNGE 1:2", true),
            ("UID EXPUNGE", false),
            ("UID", false),
            ("EXPUNGE 1", false),
            ("STORE 1 +FLAGS (\\Seen)", true),
            ("UID STORE 1,2 FLAGS.SILENT \\Seen x", true),
            ("STORE 1 FLAGS", false),
            ("FETCH 1:* (FLAGS)", true),
            ("FETCH * BODY[]", true),
            ("FETCH", false),
            ("UID MOVE 1 \"Trash\"", true),
            ("NOOP ", true),
            ("NOOP x", false),
        ] {
            let mut args = Args::new(text.as_bytes());
            let read = name(&mut args).and_then(|name| match &find(&name).ok_or_else(|| syntax(name))?.action {
                Ask(parse) => parse(&mut args).map(drop),
                _ => Ok(()),
            });
            assert_eq!(read.is_ok(), ok, "{text}: {read:?}");
        }
    }
}
