# COMPRESS=DEFLATE: the answer is the last thing that is not compressed.
# [rfc4978#2] [rfc4978#3]
begin: signed in
C: a COMPRESS LZW
S: a BAD [CLIENTBUG] the arguments have no valid form
C: d COMPRESS DEFLATE
S: d OK COMPRESS completed
-- compressed from here
C: e COMPRESS DEFLATE
S: e NO [COMPRESSIONACTIVE] compression is active already
