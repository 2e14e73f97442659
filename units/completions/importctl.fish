# fish completion for importctl(1), where Ferry is in its place
complete -c importctl -w ferryctl
