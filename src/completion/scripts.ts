/**
 * What each shell has to be told: to ask `berth complete` with the words so far. Its answer has a candidate a line, with a tab
 * before the description; `:files` and `:directories` leave the word to the shell.
 */

const bash = `# bash completion for berth(8): made by 'berth completion bash'.
_berth() {
    local line=\${COMP_LINE:0:COMP_POINT} cur value prefix
    local -a words files
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=\${words[\${#words[@]} - 1]}
    # Readline replaces only what follows the last : or =, at which it breaks words.
    prefix=
    [[ $cur == *[:=]* && $COMP_WORDBREAKS == *:* ]] && prefix=\${cur%"\${cur##*[:=]}"}
    COMPREPLY=()
    while IFS=$'\\t' read -r value _; do
        case $value in
            :files | :directories)
                compopt -o filenames 2>/dev/null
                if [[ $value == :files ]]; then
                    mapfile -t files < <(compgen -f -- "\${cur#--*=}")
                else
                    mapfile -t files < <(compgen -d -- "\${cur#--*=}")
                fi
                COMPREPLY=("\${files[@]}")
                ;;
            *) COMPREPLY+=("\${value#"$prefix"}") ;;
        esac
    done < <("\${COMP_WORDS[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _berth berth
`;

const zsh = `#compdef berth
# zsh completion for berth(8): made by 'berth completion zsh'.
_berth() {
    local line value
    local -a described
    for line in "\${(@f)$("\${(Q)words[1]}" complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}"; do
        value=\${line%%$'\\t'*}
        case $value in
            '') ;;
            :files)
                compset -P '--*='
                _files
                return
                ;;
            :directories)
                compset -P '--*='
                _files -/
                return
                ;;
            *) described+=("\${value//:/\\\\:}:\${line#*$'\\t'}") ;;
        esac
    done
    (( \${#described} )) && _describe -t words berth described
}
if [[ \${funcstack[1]} == _berth ]]; then
    _berth "$@"
else
    compdef _berth berth
fi
`;

const fish = `# fish completion for berth(8): made by 'berth completion fish'.
function __berth_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l before (string match -r -- '^--[^=]*=' $current)
    set -l part (string replace -r -- '^--[^=]*=' '' $current)
    for line in ($program complete -- $words "$current" 2>/dev/null)
        switch $line
            case ':files*'
                for path in (__fish_complete_path "$part")
                    echo -- "$before$path"
                end
            case ':directories*'
                for path in (__fish_complete_directories "$part" '')
                    echo -- "$before$path"
                end
            case '*'
                echo -- $line
        end
    end
end
complete -c berth -f -a '(__berth_complete)'
`;

export const completionScripts: Readonly<Record<string, string>> = { bash, zsh, fish };
