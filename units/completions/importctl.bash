# bash completion for importctl(1), where Ferry is in its place
. /usr/share/bash-completion/completions/ferryctl
complete -F _ferryctl importctl
