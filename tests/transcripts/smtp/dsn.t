# What the sender wants to be told of, REQUIRETLS, and proofs for the operator: heard and handed on.
# [rfc3461#4] [rfc8689#2] [proofs#xsceau]
tls: implicit
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<jean@b.fr> RET=HDRS ENVID=QQ+2B314 REQUIRETLS
-- asked: ret=Headers envid=QQ+314 requiretls
S: 250 2.1.0 sender OK
C: RCPT TO:<claire@a.fr> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Claire+2Bx@old.fr
-- asked: notify=On(NotifyOn { success: true, failure: true, delay: false }) orcpt=rfc822;Claire+x@old.fr
S: 250 2.1.5 recipient OK
C: RCPT TO:<paul@a.fr> NOTIFY=NEVER
-- asked: notify=Never
S: 250 2.1.5 recipient OK
C: RCPT TO:<marie@a.fr> NOTIFY=NEVER,DELAY
S: 501 5.5.4 the arguments have no valid form
C: RCPT TO:<marie@a.fr> ORCPT=rfc822;a+0Ab
S: 501 5.5.4 the arguments have no valid form
# the operator wants our own proofs
C: RSET
S: 250 2.0.0 OK
-- transaction dropped: None
C: MAIL FROM:<jean@b.fr> XSCEAU=yes
S: 501 5.5.4 the arguments have no valid form
C: MAIL FROM:<jean@b.fr> XSCEAU
-- asked: xsceau
S: 250 2.1.0 sender OK
# what only people may ask
C: RSET
S: 250 2.0.0 OK
-- transaction dropped: None
C: MAIL FROM:<jean@b.fr> HOLDFOR=60
S: 555 5.5.4 a parameter is not recognised
C: MAIL FROM:<jean@b.fr> MT-PRIORITY=3
S: 555 5.5.4 a parameter is not recognised
C: MAIL FROM:<jean@b.fr> BY=60;R
S: 555 5.5.4 a parameter is not recognised
