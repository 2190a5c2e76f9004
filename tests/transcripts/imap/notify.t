# What happens in other mailboxes is told between commands too, as it was asked for.
# [rfc5465#3.1] [rfc5465#4] [rfc5465#5.1] [rfc5465#5.2] [rfc5465#5.3] [rfc5465#5.4] [rfc5465#5.5] [rfc5465#6] [rfc5465#6.1.1]
begin: selected
message: plain.eml
C: a NOTIFY SET STATUS (selected (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange)) (mailboxes (Sent INBOX Nowhere) (MessageNew MessageExpunge FlagChange)) (personal (MailboxName SubscriptionChange))
S: * STATUS "Sent" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1795341601 UNSEEN 0)
S: a OK NOTIFY completed
== plain.eml is delivered
S: * 2 EXISTS
S: * 2 FETCH (UID 2 FLAGS () BODY[HEADER.FIELDS (SUBJECT)] {52}
S: Subject: =?utf-8?q?R=C3=A9sultats?= de Mme Roche
S: 
S: )
== session 2
C: a STORE 1 +FLAGS (\Seen)
S: * 1 FETCH (UID 1 FLAGS (\Seen))
S: a OK STORE completed
== session 1
S: * 1 FETCH (UID 1 FLAGS (\Seen))
== session 2
C: b STORE 1 +FLAGS.SILENT (\Deleted)
C: c EXPUNGE
S: b OK STORE completed
S: * 1 EXPUNGE
S: c OK EXPUNGE completed
# at once: the client has said that it names messages by UID
== session 1
S: * 1 EXPUNGE
== session 2
C: d APPEND Sent {3+}
C: abc
S: d OK [APPENDUID 1795341601 1] APPEND completed
C: e APPEND Drafts {3+}
C: abc
S: e OK [APPENDUID 1795341602 1] APPEND completed
== session 1
S: * STATUS "Sent" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1795341601 UNSEEN 1)
== session 2
C: f CREATE Projets/Labo
S: f OK [MAILBOXID (F13)] CREATE completed
== session 1
S: * LIST (\HasChildren) "/" "Projets"
S: * LIST (\HasNoChildren) "/" "Projets/Labo"
== session 2
C: g RENAME Projets Travaux
S: g OK RENAME completed
== session 1
S: * LIST (\HasChildren) "/" "Travaux" ("OLDNAME" ("Projets"))
== session 2
C: h SUBSCRIBE Travaux/Labo
S: h OK SUBSCRIBE completed
== session 1
S: * LIST (\HasNoChildren \Subscribed) "/" "Travaux/Labo"
== session 2
C: i DELETE Travaux/Labo
C: j UNSUBSCRIBE Travaux/Labo
S: i OK DELETE completed
S: j OK UNSUBSCRIBE completed
== session 1
S: * LIST (\NonExistent) "/" "Travaux/Labo"
S: * LIST (\HasNoChildren) "/" "Travaux"
S: * LIST (\NonExistent) "/" "Travaux/Labo"
# of what one does oneself one need not hear
C: b CREATE Moi
S: b OK [MAILBOXID (F14)] CREATE completed
C: c NOOP
S: c OK NOOP completed
# modification sequences, once they are enabled
C: d ENABLE CONDSTORE
S: * ENABLED CONDSTORE
S: d OK ENABLE completed
== session 2
C: k SELECT Sent
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 1 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341601] UIDs valid
S: * OK [UIDNEXT 2] predicted next UID
S: * OK [MAILBOXID (F3)] the same under any name
S: * OK [HIGHESTMODSEQ 13] last change
S: k OK [READ-WRITE] SELECT completed
C: l STORE 1 +FLAGS (\Flagged)
S: * 1 FETCH (UID 1 FLAGS (\Flagged))
S: l OK STORE completed
== session 1
S: * STATUS "Sent" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1795341601 UNSEEN 1 HIGHESTMODSEQ 20)
# in IDLE exactly the same
C: e IDLE
S: + idling
== session 2
C: m STORE 1 -FLAGS (\Flagged)
S: * 1 FETCH (UID 1 FLAGS ())
S: m OK STORE completed
== session 1
S: * STATUS "Sent" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1795341601 UNSEEN 1 HIGHESTMODSEQ 21)
C: DONE
S: e OK IDLE completed
# nothing, not even with a NOOP
C: f NOTIFY NONE
S: f OK NOTIFY completed
== plain.eml is delivered
C: g NOOP
S: g OK NOOP completed
# what has come meanwhile is told with the next SET
C: h NOTIFY SET (selected-delayed (MessageNew MessageExpunge))
S: * 2 EXISTS
S: h OK NOTIFY completed
C: i NOTIFY SET (selected (MessageNew MessageExpunge AnnotationChange))
S: i NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)] this event is not told
C: j NOTIFY SET (selected (MessageNew))
S: j BAD [CLIENTBUG] the arguments have no valid form
== what is recorded?
-- seen imap-mark
-- delete
