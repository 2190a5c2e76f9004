# Annotations: private ones and shared ones, of mailboxes and of the server, within limits.
# [rfc5464#3.2] [rfc5464#3.2.1.1] [rfc5464#3.3] [rfc5464#4.1] [rfc5464#4.2] [rfc5464#4.2.1] [rfc5464#4.2.2] [rfc5464#4.3]
# [rfc9590#3] [rfc6154#4]
begin: signed in
logins: shared
C: a GETMETADATA INBOX /private/comment
S: * METADATA INBOX (/private/comment NIL)
S: a OK GETMETADATA completed
C: b SETMETADATA INBOX (/private/comment {9}
S: + go ahead
C> Mon mot\r\n /Shared/Comment "Le leur")\r\n
S: b OK SETMETADATA completed
C: c GETMETADATA "INBOX" (/shared/comment /private/comment /private/other)
S: * METADATA INBOX (/shared/comment "Le leur" /private/comment {9}
S: Mon mot
S:  /private/other NIL)
S: c OK GETMETADATA completed
C: d GETMETADATA INBOX (MAXSIZE 7) (/shared/comment /private/comment)
S: * METADATA INBOX (/shared/comment "Le leur")
S: d OK [METADATA LONGENTRIES 9] GETMETADATA completed
C: e SETMETADATA INBOX (/private/vendor/x/a/b "1" /private/vendor/x/a "2" /private/vendor/x/a/b/c "3")
S: e OK SETMETADATA completed
C: f GETMETADATA (DEPTH 1) INBOX /private/vendor/x/a
S: * METADATA INBOX (/private/vendor/x/a "2" /private/vendor/x/a/b "1")
S: f OK GETMETADATA completed
C: g GETMETADATA (DEPTH infinity) INBOX /private/vendor
S: * METADATA INBOX (/private/vendor/x/a "2" /private/vendor/x/a/b "1" /private/vendor/x/a/b/c "3")
S: g OK GETMETADATA completed
C: h SETMETADATA INBOX (/private/vendor/x/a NIL /private/vendor/x/none NIL)
S: h OK SETMETADATA completed
C: i GETMETADATA INBOX /private/vendor/x/a
S: * METADATA INBOX (/private/vendor/x/a NIL)
S: i OK GETMETADATA completed
# octets that no string may hold
C> j SETMETADATA INBOX (/private/vendor/x/binary ~{3+}\r\na\0b)\r\n
S: j OK SETMETADATA completed
C: k GETMETADATA INBOX /private/vendor/x/binary
S: * METADATA INBOX (/private/vendor/x/binary ~{3}
S: a\x00b)
S: k OK GETMETADATA completed
C: l GETMETADATA INBOX comment
S: l BAD [CLIENTBUG] the arguments have no valid form
C: m GETMETADATA Nothing /private/comment
S: m NO [NONEXISTENT] there is no such mailbox
# the server: what is shared is the configuration's
C: n GETMETADATA "" (/shared/admin /shared/comment)
S: * METADATA "" (/shared/admin "mailto:exploitation@a.mssante.fr" /shared/comment NIL)
S: n OK GETMETADATA completed
C: o SETMETADATA "" (/shared/comment "x")
S: o NO [NOPERM] only the administrator may do this
C: p SETMETADATA "" (/private/vendor/x/y "z")
S: p OK SETMETADATA completed
C: q GETMETADATA "" (/private/vendor/x/y)
S: * METADATA "" (/private/vendor/x/y "z")
S: q OK GETMETADATA completed
# special use
C: r GETMETADATA Sent /private/specialuse
S: * METADATA "Sent" (/private/specialuse "\\Sent")
S: r OK GETMETADATA completed
C: s SETMETADATA Junk (/private/specialuse NIL /private/comment "x")
S: s OK SETMETADATA completed
C: t SETMETADATA Trash (/private/specialuse "\\Junk")
S: t OK SETMETADATA completed
C: u SETMETADATA Sent (/private/comment "x" /private/specialuse "\\Flagged")
S: u NO [USEATTR] no mailbox can be for this
C: v LIST "" (Junk Sent Trash) RETURN (METADATA (/private/comment "/shared/comment"))
S: * LIST (\HasNoChildren) "/" "Junk"
S: * METADATA "Junk" (/private/comment "x" /shared/comment NIL)
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * METADATA "Sent" (/private/comment NIL /shared/comment NIL)
S: * LIST (\HasNoChildren \Junk) "/" "Trash"
S: * METADATA "Trash" (/private/comment NIL /shared/comment NIL)
S: v OK LIST completed
# they go with their mailbox, under its new name too; INBOX keeps its own
C: w RENAME Junk Spam
C: x GETMETADATA Spam /private/comment
C: y DELETE Spam
C: z CREATE Spam
C: aa GETMETADATA Spam /private/comment
C: ab RENAME INBOX Old
C: ac GETMETADATA Old /shared/comment
C: ad GETMETADATA INBOX /shared/comment
S: w OK RENAME completed
S: * METADATA "Spam" (/private/comment "x")
S: x OK GETMETADATA completed
S: y OK DELETE completed
S: z OK [MAILBOXID (F36)] CREATE completed
S: * METADATA "Spam" (/private/comment NIL)
S: aa OK GETMETADATA completed
S: ab OK RENAME completed
S: * METADATA "Old" (/shared/comment "Le leur")
S: ac OK GETMETADATA completed
S: * METADATA INBOX (/shared/comment "Le leur")
S: ad OK GETMETADATA completed
# in a shared mailbox: one's own for everybody who may read, the others' for those who may change it
C: ae SETMETADATA Shared/labo@a.mssante.fr/INBOX (/private/comment "mine")
S: ae OK SETMETADATA completed
C: af SETMETADATA Shared/labo@a.mssante.fr/INBOX (/private/comment "x" /shared/comment "x")
S: af NO [NOPERM] you do not have the right to do this
C: ag GETMETADATA Shared/labo@a.mssante.fr/INBOX (/private/comment /shared/comment)
S: * METADATA "Shared/labo@a.mssante.fr/INBOX" (/private/comment "mine" /shared/comment NIL)
S: ag OK GETMETADATA completed
C: ah SETMETADATA Shared/accueil@a.mssante.fr/INBOX (/private/comment "mine" /shared/comment "ours")
S: ah OK SETMETADATA completed
C: ai SETACL Shared/accueil@a.mssante.fr/INBOX paul@a.mssante.fr lr
S: ai OK SETACL completed
C: aj GETMETADATA Shared/secret@a.mssante.fr/INBOX /shared/comment
S: aj NO [NONEXISTENT] there is no such mailbox
== what is recorded?
-- grant
== paul is session 2
C: a GETMETADATA Shared/accueil@a.mssante.fr/INBOX (/private/comment /shared/comment)
S: * METADATA "Shared/accueil@a.mssante.fr/INBOX" (/private/comment NIL /shared/comment "ours")
S: a OK GETMETADATA completed
