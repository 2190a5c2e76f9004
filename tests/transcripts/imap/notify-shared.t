# What others share comes and goes with the right to see it; annotations that change are told by name.
# [rfc5465#3.1] [rfc5465#5.4] [rfc5465#5.6] [rfc5465#5.7] [rfc5465#5.9] [rfc5464#4.1] [rfc5464#4.4.2]
begin: signed in
logins: shared
C: a CREATE Shared/accueil@a.mssante.fr/Dossiers
S: a OK [MAILBOXID (F36)] CREATE completed
== paul is session 2
C: a NOTIFY SET (subtree Shared (MailboxName MessageNew MessageExpunge MailboxMetadataChange)) (personal (ServerMetadataChange))
S: a OK NOTIFY completed
== session 1
C: b SETACL Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr l
S: b OK SETACL completed
== session 2
S: * LIST (\HasNoChildren) "/" "Shared/accueil@a.mssante.fr/Dossiers"
S: * LIST (\Noselect \NonExistent \HasChildren) "/" "Shared/accueil@a.mssante.fr"
S: * LIST (\HasNoChildren \NoAccess) "/" "Shared/accueil@a.mssante.fr/Dossiers"
== session 1
C: c SETACL Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr +r
S: c OK SETACL completed
== session 2
S: * LIST (\HasNoChildren) "/" "Shared/accueil@a.mssante.fr/Dossiers"
== session 1
C: d APPEND Shared/accueil@a.mssante.fr/Dossiers {3+}
C: abc
S: d OK [APPENDUID 1795341630 1] APPEND completed
C: e SETMETADATA Shared/accueil@a.mssante.fr/Dossiers (/shared/comment "x" /private/comment "y")
S: e OK SETMETADATA completed
== session 2
S: * STATUS "Shared/accueil@a.mssante.fr/Dossiers" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1795341630)
S: * METADATA "Shared/accueil@a.mssante.fr/Dossiers" /shared/comment
== session 1
C: f DELETEACL Shared/accueil@a.mssante.fr/Dossiers paul@a.mssante.fr
S: f OK DELETEACL completed
== session 2
S: * LIST (\NonExistent) "/" "Shared/accueil@a.mssante.fr/Dossiers"
S: * LIST (\NonExistent) "/" "Shared/accueil@a.mssante.fr"
# nothing of what goes on there any more
== session 1
C: g APPEND Shared/accueil@a.mssante.fr/Dossiers {3+}
C: abc
S: g OK [APPENDUID 1795341630 2] APPEND completed
== session 2
C: b NOOP
S: b OK NOOP completed
# another session of the same person: annotations of the server that are private
== paul is session 3
C: a SETMETADATA "" (/private/vendor/x/y "z")
S: a OK SETMETADATA completed
== session 2
S: * METADATA "" /private/vendor/x/y
# without NOTIFY, with a command
== session 3
C: b ENABLE METADATA
S: * ENABLED METADATA
S: b OK ENABLE completed
C: c SETMETADATA INBOX (/private/comment "mine")
S: c OK SETMETADATA completed
== session 2
C: c SETMETADATA "" (/private/vendor/x/y NIL)
S: c OK SETMETADATA completed
C: d SETMETADATA INBOX (/private/comment NIL /shared/comment "x")
S: d OK SETMETADATA completed
== session 3
C: d NOOP
S: * METADATA INBOX /shared/comment /private/comment
S: * METADATA "" /private/vendor/x/y
S: d OK NOOP completed
== what is recorded?
-- grant
-- revoke
