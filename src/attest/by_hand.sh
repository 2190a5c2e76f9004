#!/bin/sh
# Vérifie une preuve avec sed, base64, sha256sum et openssl (3.0 ou plus récent).
#   sh verification-a-la-main.sh FICHIER.preuve POLITIQUE
set -eu
preuve=$1 politique=$2 d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
section() { sed -n "/^=== $1\$/,/^=== /p" "$preuve" | sed '1d;$d'; }
sha() { openssl dgst -sha256 -binary; }

# 1. La feuille : son empreinte est SHA-256 d'un octet nul suivi de son texte.
section event > "$d/feuille"
{ printf '\0'; cat "$d/feuille"; } | sha > "$d/r"
echo "Empreinte de la feuille : $({ printf '\0'; cat "$d/feuille"; } | sha256sum | cut -d' ' -f1)"

# 2. Les champs révélés : chacun redonne l'engagement écrit dans la feuille.
section disclosures | while IFS= read -r ligne; do
  nom=${ligne%% *} reste=${ligne#* }; sel=${reste%% *} valeur=${reste#* }
  e=$(printf 'sceau-commit/v1\n%s\n%s\n%s\n' "$nom" "$sel" "$valeur" | sha | base64)
  grep -qxF "$nom $e" "$d/feuille" || { echo "FAUX : $nom"; exit 1; }
  echo "Révélé et conforme : $nom = $valeur"
done

# 3. L'inclusion : de la feuille à la racine signée (RFC 9162, 2.1.3.2).
section proof > "$d/p"
sed '1,/^$/d' "$d/p" > "$d/note"
n=$(sed -n 's/^index //p' "$d/p") s=$(( $(sed -n 2p "$d/note") - 1 ))
sed '1,2d;/^$/,$d' "$d/p" > "$d/chemin"
while read -r h; do
  if [ $((n & 1)) = 1 ] || [ "$n" = "$s" ]; then
    { printf '\1'; echo "$h" | base64 -d; cat "$d/r"; } | sha > "$d/q"
    while [ $((n & 1)) = 0 ] && [ "$n" != 0 ]; do n=$((n >> 1)) s=$((s >> 1)); done
  else
    { printf '\1'; cat "$d/r"; echo "$h" | base64 -d; } | sha > "$d/q"
  fi
  mv "$d/q" "$d/r"; n=$((n >> 1)) s=$((s >> 1))
done < "$d/chemin"
[ "$(base64 < "$d/r")" = "$(sed -n 3p "$d/note")" ] && [ "$s" = 0 ] || { echo 'FAUX : racine'; exit 1; }
echo 'Le fait est dans le journal : la racine recalculée est la racine signée.'

# 4. Les signatures de la politique : celle du journal (type 01), celles des témoins (type 04), à leur heure.
signatures() {
  sed '/^$/,$d' "$1" > "$d/texte"
  journal=$(sed -n 1p "$1") vu=non
  for cle in $(sed -n 's/^log \([^ ]*\).*/\1/p; s/^witness [^ ]* \([^ ]*\).*/\1/p' "$politique"); do
    qui=${cle%%+*} reste=${cle#*+}; id=${reste%%+*}
    { printf '0*0\005\006\003+ep\003!\0'; echo "${reste#*+}" | base64 -d | tail -c 32; } > "$d/cle"
    for b in $(sed '1,/^$/d' "$1" | awk -v q="$qui" '$1 == "—" && $2 == q { print $3 }'); do
      echo "$b" | base64 -d > "$d/signature"
      [ "$(head -c 4 "$d/signature" | od -An -tx1 | tr -d ' \n')" = "$id" ] || continue
      cp "$d/texte" "$d/signe"; quand=
      if [ "$qui" = "$journal" ]; then vu=oui; else
        t=$(( 0x$(head -c 12 "$d/signature" | tail -c 8 | od -An -tx1 | tr -d ' \n') ))
        quand=" à $(date -u -d "@$t" +%Y-%m-%dT%H:%M:%SZ)"
        { printf 'cosignature/v1\ntime %s\n' "$t"; cat "$d/texte"; } > "$d/signe"
      fi
      tail -c 64 "$d/signature" > "$d/s"
      openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$d/cle" -sigfile "$d/s" -in "$d/signe" > /dev/null ||
        { echo "FAUX : signature de $qui"; exit 1; }
      echo "Signature bonne : $qui$quand"
    done
  done
  [ $vu = oui ] || { echo "FAUX : aucune clé de la politique n'a signé pour $journal"; exit 1; }
}
echo 'Le journal avec le fait (« au plus tard ») :'; signatures "$d/note"
section not-before > "$d/avant"
[ -s "$d/avant" ] || exit 0
[ "$(sed -n 2p "$d/avant")" -le "$(sed -n 's/^index //p' "$d/p")" ] && [ "$(sed -n 1p "$d/avant")" = "$journal" ] ||
  { echo 'FAUX : borne « pas avant »'; exit 1; }
echo 'Le journal avant le fait (« pas avant ») :'; signatures "$d/avant"
