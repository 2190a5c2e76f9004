# New keywords are told in FLAGS before any message has one; there is a limit.
# [rfc3501#7.2.6] [rfc9051#7.3.5] [clients#imap-what-clients-do]
begin: selected
message: plain.eml
C: a NOOP
S: a OK NOOP completed
== session 2
C: a UID STORE 1 +FLAGS ($label1 $Forwarded)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 \*)] kept
S: * 1 FETCH (UID 1 FLAGS ($Forwarded $label1))
S: a OK UID STORE completed
== session 1
C: b FETCH 1 FLAGS
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 \*)] kept
S: * 1 FETCH (FLAGS ($Forwarded $label1))
S: * 1 FETCH (UID 1 FLAGS ($Forwarded $label1))
S: b OK FETCH completed
== session 2
C: b UID STORE 1 +FLAGS.SILENT (Junk)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 Junk)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 Junk \*)] kept
S: b OK UID STORE completed
== session 1
C: c FETCH 1 (FLAGS BODY.PEEK[HEADER.FIELDS (TO)])
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 Junk)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 Junk \*)] kept
S: * 1 FETCH (FLAGS ($Forwarded $label1 Junk) BODY[HEADER.FIELDS (TO)] {39}
S: To: Anne Martin <anne@a.mssante.fr>
S:
S: )
S: * 1 FETCH (UID 1 FLAGS ($Forwarded $label1 Junk))
S: c OK FETCH completed
C: d COPY 1 Archive
S: d OK [COPYUID 1795341605 1 1] COPY completed
C: e STATUS Archive (UNSEEN)
S: * STATUS "Archive" (UNSEEN 1)
S: e OK STATUS completed
C: f STORE 1 +FLAGS (a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49 a50 a51 a52 a53 a54 a55 a56 a57 a58 a59 a60 a61 a62 a63)
S: f NO [LIMIT] a limit of this server is reached
C: g STORE 1 FLAGS (a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49 a50 a51 a52 a53 a54 a55 a56 a57 a58 a59 a60 a61)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 Junk a1 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a2 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a3 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a4 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49 a5 a50 a51 a52 a53 a54 a55 a56 a57 a58 a59 a6 a60 a61 a7 a8 a9)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 Junk a1 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a2 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a3 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a4 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49 a5 a50 a51 a52 a53 a54 a55 a56 a57 a58 a59 a6 a60 a61 a7 a8 a9)] no more
S: * 1 FETCH (UID 1 FLAGS (a1 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a2 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a3 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a4 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49 a5 a50 a51 a52 a53 a54 a55 a56 a57 a58 a59 a6 a60 a61 a7 a8 a9))
S: g OK STORE completed
== session 3
C: h NOOP
S: h OK NOOP completed
C: i SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 Junk a1 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a2 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a3 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a4 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49 a5 a50 a51 a52 a53 a54 a55 a56 a57 a58 a59 a6 a60 a61 a7 a8 a9)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded $label1 Junk a1 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a2 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a3 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a4 a40 a41 a42 a43 a44 a45 a46 a47 a48 a49 a5 a50 a51 a52 a53 a54 a55 a56 a57 a58 a59 a6 a60 a61 a7 a8 a9)] no more
S: * 1 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 2] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 12] last change
S: i OK [READ-WRITE] SELECT completed
== what is recorded?
