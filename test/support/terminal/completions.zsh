#!/usr/bin/env zsh
# completions.zsh FOLDER: types each line of standard input into an interactive zsh, presses tab, and prints what it offers: a word a
# line, and an empty line after each input. FOLDER has the completions.
zmodload zsh/zpty
work=$(mktemp -d)
cat >$work/.zshrc <<'END'
fpath=($FOLDER $fpath)
autoload -Uz compinit && compinit -u -D
PROMPT= RPROMPT=
setopt no_beep no_list_ambiguous
zstyle ':completion:*' verbose no
# Takes note of what would be added.
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a found suffix
  builtin compadd -O found "$@"
  # A suffix such as the = of an option, or the / of a directory.
  zparseopts -E -D -a ignored S:=suffix q r: R: 
  (( $#found )) && print -rl -- $found$suffix[2] >>$WORK/words
  builtin compadd "$@"
}
end-of-completion() { print >>$WORK/words; print >>$WORK/ended; BUFFER= }
zle -N end-of-completion
bindkey '^I' list-choices '^X' end-of-completion
print >>$WORK/ended
END
export WORK=$work ZDOTDIR=$work FOLDER=$1 TERM=vt100
zpty shell zsh -i
integer count=1
wait_for_end() {
  while [[ ! -e $work/ended || $(wc -l <$work/ended) -lt $count ]]; do
    zpty -r -t shell ignored || sleep 0.02
  done
  (( count += 1 ))
}
wait_for_end
while IFS= read -r line; do
  zpty -w -n shell "$line"$'\t\x18'
  wait_for_end
done
zpty -d shell
cat $work/words
rm -rf $work
