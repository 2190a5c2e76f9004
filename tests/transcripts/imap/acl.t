# Lists of rights over folders of an organisation: seen, changed, proved; and nothing is told to those without any.
# [rfc4314#2] [rfc4314#3.1] [rfc4314#3.2] [rfc4314#3.3] [rfc4314#3.4] [rfc4314#3.5] [rfc4314#2.1.1] [rfc4314#6] [rfc2342#5] [rfc8440#4]
begin: signed in
logins: shared
C: a NAMESPACE
S: * NAMESPACE (("" "/")) NIL (("Shared/" "/"))
S: a OK NAMESPACE completed
C: b MYRIGHTS INBOX
S: * MYRIGHTS INBOX lrswipkxteacd
S: b OK MYRIGHTS completed
C: c MYRIGHTS Shared/labo@a.mssante.fr/INBOX
S: * MYRIGHTS "Shared/labo@a.mssante.fr/INBOX" lr
S: c OK MYRIGHTS completed
# no account, no folder, no right: one answer
C: d MYRIGHTS Shared/nobody@a.mssante.fr/INBOX
C: e MYRIGHTS Shared/labo@a.mssante.fr/Nothing
C: f MYRIGHTS Shared/secret@a.mssante.fr/INBOX
C: g MYRIGHTS Shared/paul@a.mssante.fr/INBOX
C: h MYRIGHTS Shared/labo@a.mssante.fr
C: i MYRIGHTS Shared
S: d NO [NONEXISTENT] there is no such mailbox
S: e NO [NONEXISTENT] there is no such mailbox
S: f NO [NONEXISTENT] there is no such mailbox
S: g NO [NONEXISTENT] there is no such mailbox
S: h NO [NONEXISTENT] there is no such mailbox
S: i NO [NONEXISTENT] there is no such mailbox
C: j CREATE Shared
S: j NO [CANNOT] this cannot be the name of a mailbox
C: k CREATE Shared/labo@a.mssante.fr/
S: k NO [CANNOT] this cannot be the name of a mailbox
C: l CREATE Shared/labo@a.mssante.fr/x
S: l NO [NOPERM] you do not have the right to do this
C: m CREATE Shared/nobody@a.mssante.fr/x
S: m NO [NOPERM] you do not have the right to do this
C: n CREATE Shared/accueil@a.mssante.fr/Dossiers/2026
S: n OK [MAILBOXID (F37)] CREATE completed
C: o GETACL Shared/accueil@a.mssante.fr/Dossiers
S: * ACL "Shared/accueil@a.mssante.fr/Dossiers" "accueil@a.mssante.fr" lrswipkxteacd "anne@a.mssante.fr" lrswipkxteacd
S: o OK GETACL completed
C: p GETACL Shared/labo@a.mssante.fr/INBOX
S: p NO [NOPERM] you do not have the right to do this
C: q LISTRIGHTS Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr
S: * LISTRIGHTS "Shared/accueil@a.mssante.fr/Dossiers" "paul@a.mssante.fr" "" l r s w i p k x t e a c d
S: q OK LISTRIGHTS completed
C: r LISTRIGHTS Shared/accueil@a.mssante.fr/Dossiers Accueil@a.mssante.fr
S: * LISTRIGHTS "Shared/accueil@a.mssante.fr/Dossiers" "Accueil@a.mssante.fr" lrswipkxteacd
S: r OK LISTRIGHTS completed
# d stands for t and e
C: s SETACL Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr lrsd
S: s OK SETACL completed
C: t SETACL Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr +w
S: t OK SETACL completed
C: u SETACL Shared/accueil@a.mssante.fr/Dossiers -Paul@A.mssante.fr e
S: u OK SETACL completed
C: v GETACL Shared/accueil@a.mssante.fr/Dossiers
S: * ACL "Shared/accueil@a.mssante.fr/Dossiers" "accueil@a.mssante.fr" lrswipkxteacd "anne@a.mssante.fr" lrswipkxteacd "paul@a.mssante.fr" lrswted "-paul@a.mssante.fr" ed
S: v OK GETACL completed
== what is recorded?
-- grant
# whoever is no person, does not exist, is everybody or the owner gets nothing
C: w SETACL Shared/accueil@a.mssante.fr/Dossiers labo@a.mssante.fr lr
S: w NO [CANNOT] rights cannot be given to this identifier
C: x SETACL Shared/accueil@a.mssante.fr/Dossiers nobody@a.mssante.fr lr
S: x NO [CANNOT] rights cannot be given to this identifier
C: y SETACL Shared/accueil@a.mssante.fr/Dossiers anyone lr
S: y NO [CANNOT] rights cannot be given to this identifier
C: z SETACL Shared/accueil@a.mssante.fr/Dossiers accueil@a.mssante.fr lr
S: z NO [CANNOT] rights cannot be given to this identifier
C: aa SETACL Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr lrQ
S: aa BAD [CLIENTBUG] the arguments have no valid form
# a personal mailbox is not shared
C: ab SETACL INBOX paul@a.mssante.fr lr
S: ab NO [CANNOT] this cannot be done with this mailbox
== what is recorded?
== paul is session 2
C: a LIST "" "*" RETURN (MYRIGHTS)
S: * LIST (\HasNoChildren) "/" INBOX
S: * MYRIGHTS INBOX lrswipkxteacd
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * MYRIGHTS "Archive" lrswipkxteacd
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * MYRIGHTS "Drafts" lrswipkxteacd
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * MYRIGHTS "Junk" lrswipkxteacd
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * MYRIGHTS "Sent" lrswipkxteacd
S: * LIST (\Noselect \NonExistent \HasChildren) "/" "Shared"
S: * LIST (\Noselect \NonExistent \HasChildren) "/" "Shared/accueil@a.mssante.fr"
S: * LIST (\HasNoChildren) "/" "Shared/accueil@a.mssante.fr/Dossiers"
S: * MYRIGHTS "Shared/accueil@a.mssante.fr/Dossiers" lrswtd
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: * MYRIGHTS "Trash" lrswipkxteacd
S: a OK LIST completed
C: b SELECT Shared/accueil@a.mssante.fr/Dossiers
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 0 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1795341630] UIDs valid
S: * OK [UIDNEXT 1] predicted next UID
S: * OK [MAILBOXID (F36)] the same under any name
S: * OK [HIGHESTMODSEQ 8] last change
S: b OK [READ-WRITE] SELECT completed
C: c EXPUNGE
S: c NO [NOPERM] you do not have the right to do this
C: d APPEND Shared/accueil@a.mssante.fr/Dossiers {3}
S: d NO [NOPERM] you do not have the right to do this
== session 1
C: ac APPEND Shared/accueil@a.mssante.fr/Dossiers (\Seen) {3+}
C: abc
S: ac OK [APPENDUID 1795341630 1] APPEND completed
C: ad SETACL Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr -wt
S: ad OK SETACL completed
== session 2
C: e NOOP
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Seen)] no more
S: * 1 EXISTS
S: e OK NOOP completed
# what he may not change stays
C: f STORE 1 FLAGS (\Flagged)
S: f NO [NOPERM] you do not have the right to do this
C: g STORE 1 FLAGS ()
S: * 1 FETCH (UID 1 FLAGS ())
S: g OK STORE completed
C: h IDLE
S: + idling
== session 1
C: ae DELETEACL Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr
S: ae OK DELETEACL completed
== session 2
S: * 1 EXPUNGE
C: DONE
S: h OK IDLE completed
C: i SELECT Shared/accueil@a.mssante.fr/Dossiers
S: i NO [NONEXISTENT] there is no such mailbox
C: j LIST "" "Shared*"
S: j OK LIST completed
== session 1
# a holder's own entry stands in place of what the administrator gave
C: af SETACL Shared/accueil@a.mssante.fr/Dossiers anne@a.mssante.fr lr
S: af OK SETACL completed
C: ag SETACL Shared/accueil@a.mssante.fr/Dossiers anne@a.mssante.fr +a
S: ag NO [NOPERM] you do not have the right to do this
C: ah MYRIGHTS Shared/accueil@a.mssante.fr/Dossiers/2026
S: * MYRIGHTS "Shared/accueil@a.mssante.fr/Dossiers/2026" lrswipkxteacd
S: ah OK MYRIGHTS completed
== what is recorded?
-- revoke
