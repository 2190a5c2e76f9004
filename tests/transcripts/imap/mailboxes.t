# CREATE, DELETE and RENAME, with children and INBOX; UIDVALIDITY is never given twice.
# [rfc3501#6.3.3] [rfc3501#6.3.4] [rfc3501#6.3.5] [rfc3501#6.3.6] [rfc3501#6.3.7] [clients#imap-traps]
begin: signed in
message: plain.eml
message: plain.eml \Seen $Label1
C: a CREATE Labo/
S: a OK [MAILBOXID (F10)] CREATE completed
C: b CREATE labo
S: b OK [MAILBOXID (F11)] CREATE completed
C: c CREATE Labo
S: c NO [ALREADYEXISTS] the mailbox exists already
C: d CREATE inbox
S: d NO [ALREADYEXISTS] the mailbox exists already
C: e STATUS Labo (UIDVALIDITY UIDNEXT)
S: * STATUS "Labo" (UIDVALIDITY 1795341606 UIDNEXT 1)
S: e OK STATUS completed
C: f CREATE Labo/2026
S: f OK [MAILBOXID (F12)] CREATE completed
C: g DELETE Labo
S: g NO [HASCHILDREN] the mailbox has others below it
C: h RENAME Labo Analyses
S: h OK RENAME completed
C: i RENAME Analyses Analyses/x
S: i NO [CANNOT] this cannot be the name of a mailbox
C: j RENAME Analyses INBOX
S: j NO [ALREADYEXISTS] the mailbox exists already
C: k RENAME nothing x
S: k NO [NONEXISTENT] there is no such mailbox
C: l LIST "" "*a*"
S: * LIST (\HasChildren) "/" "Analyses"
S: * LIST (\HasNoChildren) "/" "Analyses/2026"
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: * LIST (\HasNoChildren) "/" "labo"
S: l OK LIST completed
C: m DELETE Analyses/2026
S: m OK DELETE completed
C: n DELETE Analyses
S: n OK DELETE completed
C: o CREATE Labo
S: o OK [MAILBOXID (F13)] CREATE completed
C: p STATUS Labo (UIDVALIDITY UIDNEXT)
S: * STATUS "Labo" (UIDVALIDITY 1795341609 UIDNEXT 1)
S: p OK STATUS completed
C: q DELETE INBOX
S: q NO [CANNOT] this cannot be done with this mailbox
C: r DELETE Inbox
S: r NO [CANNOT] this cannot be done with this mailbox
C: s CREATE INBOX/sub
S: s OK [MAILBOXID (F14)] CREATE completed
C: t RENAME inbox Old/2025
S: t OK RENAME completed
C: u LIST "" (INBOX* Old*)
S: * LIST (\HasChildren) "/" INBOX
S: * LIST (\HasNoChildren) "/" "INBOX/sub"
S: * LIST (\HasChildren) "/" "Old"
S: * LIST (\HasNoChildren) "/" "Old/2025"
S: u OK LIST completed
C: v STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT)
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 3 UIDVALIDITY 1795341600 UNSEEN 0 RECENT 0)
S: v OK STATUS completed
C: w STATUS Old/2025 (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
S: * STATUS "Old/2025" (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 1795341612 UNSEEN 1)
S: w OK STATUS completed
C: x SELECT Old/2025
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 \*)] kept
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341612] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F16)] the same under any name
S: * OK [HIGHESTMODSEQ 22] last change
S: x OK [READ-WRITE] SELECT completed
C: y DELETE Old/2025
S: * 2 EXPUNGE
S: * 1 EXPUNGE
S: y OK DELETE completed
C: z NOOP
S: z OK NOOP completed
C: A FETCH 1 FLAGS
S: A BAD [CLIENTBUG] the arguments have no valid form
C: B SUBSCRIBE Old/2025
S: B OK SUBSCRIBE completed
C: C UNSUBSCRIBE Old/2025
S: C OK UNSUBSCRIBE completed
C: D UNSUBSCRIBE never
S: D OK UNSUBSCRIBE completed
C: E SUBSCRIBE "a//b"
S: E NO [CANNOT] this cannot be the name of a mailbox
== what is recorded?
-- delete
-- delete
