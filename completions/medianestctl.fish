# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_medianestctl_global_optspecs
    string join \n C/directory= f/file= p/project-name= profile= env-file= H/host= json output= color= y/yes non-interactive q/quiet v/verbose h/help V/version
end

function __fish_medianestctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_medianestctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_medianestctl_using_subcommand
    set -l cmd (__fish_medianestctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c medianestctl -n "__fish_medianestctl_needs_command" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_needs_command" -s f -l file -d 'Compose file, before the command as with Docker Compose; later ones are merged over earlier ones' -r -F
complete -c medianestctl -n "__fish_medianestctl_needs_command" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_needs_command" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_needs_command" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_needs_command" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_needs_command" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_needs_command" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "init" -d 'Make a deployment directory: compose.yaml, .env, secrets/, and an override file of your own'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "check" -d 'Look whether everything that a deploy needs is there'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "secrets" -d 'Generate, list and verify the stack\'s secrets'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "config" -d 'Show the Compose project as it is understood: merged, interpolated, with every default'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "plan" -d 'Show what deploy would do, and why'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "deploy" -d 'Bring the stack about: pull, migrate, start in health order'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "update" -d 'Bring a new release about without dropping a request; without a version, what the present tags lead to by now'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "rollback" -d 'Bring the release before back, or a named one: images, settings, secrets, all of it'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "autoupdate" -d 'Look whether registries have something newer than what runs, and bring it about as `update` does; never databases'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "backup" -d 'Back up databases, volumes, configuration and secrets, encrypted, as they are at one moment'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "status" -d 'Show how the services are; exit code 0 only when all are healthy'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "logs" -d 'Show what the containers print'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "start" -d 'Start what is stopped, in health order'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "stop" -d 'Stop containers and keep them, dependents first'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "restart" -d 'Restart one container after the other'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "down" -d 'Remove containers and networks; data stays unless --volumes is given'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "migrate" -d 'Run the database migration once more, and verify it'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "releases" -d 'List the releases that are kept, show one, or compare two'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "prune" -d 'Remove what no kept release needs: records, secret versions, containers that were put aside'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "maintenance" -d 'Close the site to visitors with a page that says so, and open it again'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "restore" -d 'Put a backup in the place of live data: beside it first, compared, exchanged, and kept until confirmed'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "lock" -d 'Show who is at work on the project, or take the lock away from them'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "backup-watch" -d 'Let the application go on when the backup that holds it still ends without a word'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "generate" -d 'Write completions/ and man/ below a directory'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l environment -d 'Which template for .env' -r -f -a "production\t'For people'
development\t'For work on the application, with compose.dev.yaml'
test\t'Small, on loopback'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l public-url -d 'The address that people type into their browser' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l bind -d 'Address of this machine to listen on' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l http-port -d 'Port for HTTP' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l release -d 'The release to run' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand init" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand check" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -f -a "generate" -d 'Create the missing ones; what exists is never changed'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -f -a "list" -d 'List them, without their values'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -f -a "verify" -d 'Check that they are there, strong, private and consistent; exit code 8 when they are not'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and not __fish_seen_subcommand_from generate list verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from generate" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from help" -f -a "generate" -d 'Create the missing ones; what exists is never changed'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from help" -f -a "list" -d 'List them, without their values'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check that they are there, strong, private and consistent; exit code 8 when they are not'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand secrets; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l format -d 'Notation' -r -f -a "yaml\t'YAML'
json\t'JSON'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l services -d 'Only the names of the services'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l images -d 'Only the images'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand config" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -l exit-code -d 'End with 10 when there are changes, 0 when there are none'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand plan" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l wait-timeout -d 'Seconds to wait for each container to be healthy, in place of what its health check says' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l canary -d 'Try the first new replica of each routed service with so much of the requests, such as 10%' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l bake -d 'How long a canary is tried, such as 90s or 5m' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l dry-run -d 'Show what would be done, and do nothing'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l remove-orphans -d 'Also remove containers of the project that belong to no service of its files; volumes stay'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l no-backup -d 'Migrate without a dump of the database before it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l recreate -d 'Stop everything old, then start everything new: for releases that cannot run beside each other'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand deploy" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l wait-timeout -d 'Seconds to wait for each container to be healthy, in place of what its health check says' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l canary -d 'Try the first new replica of each routed service with so much of the requests, such as 10%' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l bake -d 'How long a canary is tried, such as 90s or 5m' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l dry-run -d 'Show what would be done, and do nothing'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l remove-orphans -d 'Also remove containers of the project that belong to no service of its files; volumes stay'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l no-backup -d 'Migrate without a dump of the database before it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l recreate -d 'Stop everything old, then start everything new: for releases that cannot run beside each other'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand update" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -l wait-timeout -d 'Seconds to wait for each container to be healthy, in place of what its health check says' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -l dry-run -d 'Show what would be done, and do nothing'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand rollback" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l every -d 'Look again and again, with such a pause in between, until SIGINT or SIGTERM; once when left out' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l candidate -d 'A version that there is; the newest one in the range of the Compose file is moved to. May be given again' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l wait-timeout -d 'Seconds to wait for each container to be healthy, in place of what its health check says' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l canary -d 'Try the first new replica of each routed service with so much of the requests, such as 10%' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l bake -d 'How long a canary is tried, such as 90s or 5m' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l dry-run -d 'Show what would be done, and get and change nothing'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l no-backup -d 'Migrate without a dump of the database before it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l recreate -d 'Stop everything old, then start everything new: for releases that cannot run beside each other'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand autoupdate" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l to -d 'Only to this target; may be given several times' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l only -d 'Only these parts: services of databases, volumes, config, secrets' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l consistency -d 'How the parts are brought to one moment, in place of what the Compose file says' -r -f -a "live\t'Not at all; nobody is kept waiting'
barrier\t'The application is paused for the moment of the snapshots, well below a second'
stop\t'The application is stopped meanwhile'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l compress -d 'How objects are compressed, in place of what the Compose file says' -r -f -a "zstd\t'Zstandard'
gzip\t'Gzip, slower and larger, for those who have nothing else'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l label -d 'A word of your own for it' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l passphrase-file -d 'Encrypt with the passphrase on the first line of this file, in place of keys' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l no-encrypt -d 'For everybody to read; secrets are left out'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l dry-run -d 'Show what would be backed up and how it would be read'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "create" -d 'Make a backup: databases, volumes, configuration, secrets, as they are at one moment'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "list" -d 'List the backups of every target, the newest first'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "show" -d 'Show one backup: what is in it, how large it is, and which keys open it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "verify" -d 'Look whether backups are what was stored; with a key also what comes out of them. Exit code 8 when one is damaged'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "prune" -d 'Remove the backups that nothing asks to keep, after showing them; never the last good one'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "export" -d 'Copy a backup, checked, into a directory to be taken away'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "schedule" -d 'Print what makes a backup every day: a service and a timer of systemd, or a line of a crontab'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "metrics" -d 'Print what a monitoring system wants to know, as the textfile collector of Prometheus reads it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "key" -d 'Make, try and print the keys that open backups'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and not __fish_seen_subcommand_from create list show verify prune export schedule metrics key help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l to -d 'Only to this target; may be given several times' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l only -d 'Only these parts: services of databases, volumes, config, secrets' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l consistency -d 'How the parts are brought to one moment, in place of what the Compose file says' -r -f -a "live\t'Not at all; nobody is kept waiting'
barrier\t'The application is paused for the moment of the snapshots, well below a second'
stop\t'The application is stopped meanwhile'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l compress -d 'How objects are compressed, in place of what the Compose file says' -r -f -a "zstd\t'Zstandard'
gzip\t'Gzip, slower and larger, for those who have nothing else'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l label -d 'A word of your own for it' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l passphrase-file -d 'Encrypt with the passphrase on the first line of this file, in place of keys' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l no-encrypt -d 'For everybody to read; secrets are left out'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l dry-run -d 'Show what would be backed up and how it would be read'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -l from -d 'Only this target, as the Compose file names it (can be given several times); all of them otherwise' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -l from -d 'Only this target, as the Compose file names it (can be given several times); all of them otherwise' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l sample -d 'Only such a share of the objects, others every day until all had their turn' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l from -d 'Only this target, as the Compose file names it (can be given several times); all of them otherwise' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l identity -d 'File with an age identity (AGE-SECRET-KEY-1…); can be given several times [env: MEDIANEST_BACKUP_IDENTITY_FILE]' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l passphrase-file -d 'File whose first line is the passphrase [env: MEDIANEST_BACKUP_PASSPHRASE_FILE]' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l all -d 'All backups'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -l from -d 'Only this target, as the Compose file names it (can be given several times); all of them otherwise' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what would be removed, and remove nothing'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -l to -d 'The directory, which must be there' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -l from -d 'Only this target, as the Compose file names it (can be given several times); all of them otherwise' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l at -d 'The time of day, by the clock of the machine' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l day -d 'Only on this day of the week (can be given several times)' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l unit-directory -d 'Where that is' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l cron -d 'A line of a crontab; what is missed is not made up for'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l install -d 'Write the units where systemd finds them, and say how to start the timer'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from schedule" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -l out -d 'File that is written anew each time, instead of standard output' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -l from -d 'Only this target, as the Compose file names it (can be given several times); all of them otherwise' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from metrics" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -f -a "generate" -d 'Make a key that opens backups, and list its public half among the recipients; shown once, or written to a file'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -f -a "test" -d 'Show who can open backups and whose signatures count; with a key, try whether it opens them. Exit code 12 when it does not'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -f -a "sheet" -d 'Print a sheet for the safe: how to restore by hand, and the key when it is given'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from key" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make a backup: databases, volumes, configuration, secrets, as they are at one moment'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the backups of every target, the newest first'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one backup: what is in it, how large it is, and which keys open it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Look whether backups are what was stored; with a key also what comes out of them. Exit code 8 when one is damaged'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove the backups that nothing asks to keep, after showing them; never the last good one'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "export" -d 'Copy a backup, checked, into a directory to be taken away'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "schedule" -d 'Print what makes a backup every day: a service and a timer of systemd, or a line of a crontab'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "metrics" -d 'Print what a monitoring system wants to know, as the textfile collector of Prometheus reads it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "key" -d 'Make, try and print the keys that open backups'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand status" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s n -l tail -d 'Only so many lines of each container from the end' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -l since -d 'Only what is newer: 10m, 2h, or a time such as 2026-01-31T08:00:00Z' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s f -l follow -d 'Go on as lines come'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s t -l timestamps -d 'Each line with its time'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -l failed -d 'Only containers that failed or were kept for inspection'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand logs" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand start" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand stop" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restart" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -l volumes -d 'Also remove the volumes, with all data in them'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -l remove-orphans -d 'Also remove containers of the project that others have made'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand down" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand migrate" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -f -a "show" -d 'Show one release: images by digest, versions of secrets and configs, who, when and how it went'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -f -a "diff" -d 'Show what changed from one release to another; no values, only names'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and not __fish_seen_subcommand_from show diff help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one release: images by digest, versions of secrets and configs, who, when and how it went'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show what changed from one release to another; no values, only names'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand releases; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -l keep -d 'How many releases to keep, in place of what the Compose file says (x-medianest: {releases: {keep: N}}; 10)' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -l dry-run -d 'Show what would be removed, and remove nothing'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand prune" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -f -a "on" -d 'Answer every visitor with 503 and a page; what runs goes on running'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -f -a "off" -d 'Let visitors in again'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and not __fish_seen_subcommand_from on off help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -l retry-after -d 'After how many seconds programs may come back (Retry-After)' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -l message -d 'What people read, 500 letters at most' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from on" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from off" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from help" -f -a "on" -d 'Answer every visitor with 503 and a page; what runs goes on running'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from help" -f -a "off" -d 'Let visitors in again'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand maintenance; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l only -d 'Only these parts: services of databases, volumes; config and secrets are restored only when they are named' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l file -d 'Only this file or directory, with its part before it: uploads/a/b.png; may be given several times' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l as -d 'Into the project of this name, which must be deployed, in place of the backup\'s own' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l from -d 'From this target, or this directory of sets; otherwise from whichever target has it' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l identity -d 'A private key that opens it; may be given several times' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l passphrase-file -d 'The passphrase that opens it is on the first line of this file' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l trust -d 'Also believe what this key has signed (ed25519:…); for a new machine, which trusts none yet' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l skip-safety-copy -d 'Do not back up before what is there now: what is lost by the restore is lost'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l resume -d 'Go on with a restore that was cut off'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l dry-run -d 'Show what would be done'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -a "confirm" -d 'Keep the restored data, and remove what was there before for good'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -a "rollback" -d 'Bring back what was there before, and remove the restored data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and not __fish_seen_subcommand_from confirm rollback help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from confirm" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from rollback" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from help" -f -a "confirm" -d 'Keep the restored data, and remove what was there before for good'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from help" -f -a "rollback" -d 'Bring back what was there before, and remove the restored data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand restore; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -f -a "status" -d 'Show who is at work, on what, and when they last gave a sign of life'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -f -a "steal" -d 'Take the lock away from its holder, who starts nothing more once they notice'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and not __fish_seen_subcommand_from status steal help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from steal" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show who is at work, on what, and when they last gave a sign of life'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from help" -f -a "steal" -d 'Take the lock away from its holder, who starts nothing more once they notice'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand lock; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand completions" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -s C -l directory -d 'Deployment directory: where compose.yaml, .env and secrets/ are' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand backup-watch" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -s p -l project-name -d 'Project name, in place of the one in the files' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -l profile -d 'Also the services of this profile' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -l env-file -d 'Variables for the Compose files, in place of .env' -r -F
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -s H -l host -d 'The engine: unix:///path or tcp://host:port' -r
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -l output -d 'How output looks' -r -f -a "human\t'Colours and live progress on a terminal'
plain\t'Plain lines everywhere'
json\t'As --json'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -l json -d 'JSON: one document for queries, one object a line for actions'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -s y -l yes -d 'Answer every question with yes'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -l non-interactive -d 'Never ask; fail and name the missing flag instead'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -s q -l quiet -d 'Only errors and data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -s v -l verbose -d 'Every step with its cause'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand generate" -s V -l version -d 'Print version'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "init" -d 'Make a deployment directory: compose.yaml, .env, secrets/, and an override file of your own'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "check" -d 'Look whether everything that a deploy needs is there'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "secrets" -d 'Generate, list and verify the stack\'s secrets'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "config" -d 'Show the Compose project as it is understood: merged, interpolated, with every default'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "plan" -d 'Show what deploy would do, and why'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "deploy" -d 'Bring the stack about: pull, migrate, start in health order'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "update" -d 'Bring a new release about without dropping a request; without a version, what the present tags lead to by now'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "rollback" -d 'Bring the release before back, or a named one: images, settings, secrets, all of it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "autoupdate" -d 'Look whether registries have something newer than what runs, and bring it about as `update` does; never databases'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "backup" -d 'Back up databases, volumes, configuration and secrets, encrypted, as they are at one moment'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "status" -d 'Show how the services are; exit code 0 only when all are healthy'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "logs" -d 'Show what the containers print'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "start" -d 'Start what is stopped, in health order'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "stop" -d 'Stop containers and keep them, dependents first'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "restart" -d 'Restart one container after the other'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "down" -d 'Remove containers and networks; data stays unless --volumes is given'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "migrate" -d 'Run the database migration once more, and verify it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "releases" -d 'List the releases that are kept, show one, or compare two'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "prune" -d 'Remove what no kept release needs: records, secret versions, containers that were put aside'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "maintenance" -d 'Close the site to visitors with a page that says so, and open it again'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "restore" -d 'Put a backup in the place of live data: beside it first, compared, exchanged, and kept until confirmed'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "lock" -d 'Show who is at work on the project, or take the lock away from them'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "backup-watch" -d 'Let the application go on when the backup that holds it still ends without a word'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "generate" -d 'Write completions/ and man/ below a directory'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate backup status logs start stop restart down migrate releases prune maintenance restore lock completions backup-watch generate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from secrets" -f -a "generate" -d 'Create the missing ones; what exists is never changed'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from secrets" -f -a "list" -d 'List them, without their values'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from secrets" -f -a "verify" -d 'Check that they are there, strong, private and consistent; exit code 8 when they are not'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "create" -d 'Make a backup: databases, volumes, configuration, secrets, as they are at one moment'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "list" -d 'List the backups of every target, the newest first'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "show" -d 'Show one backup: what is in it, how large it is, and which keys open it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "verify" -d 'Look whether backups are what was stored; with a key also what comes out of them. Exit code 8 when one is damaged'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "prune" -d 'Remove the backups that nothing asks to keep, after showing them; never the last good one'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "export" -d 'Copy a backup, checked, into a directory to be taken away'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "schedule" -d 'Print what makes a backup every day: a service and a timer of systemd, or a line of a crontab'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "metrics" -d 'Print what a monitoring system wants to know, as the textfile collector of Prometheus reads it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from backup" -f -a "key" -d 'Make, try and print the keys that open backups'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from releases" -f -a "show" -d 'Show one release: images by digest, versions of secrets and configs, who, when and how it went'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from releases" -f -a "diff" -d 'Show what changed from one release to another; no values, only names'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from maintenance" -f -a "on" -d 'Answer every visitor with 503 and a page; what runs goes on running'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from maintenance" -f -a "off" -d 'Let visitors in again'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from restore" -f -a "confirm" -d 'Keep the restored data, and remove what was there before for good'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from restore" -f -a "rollback" -d 'Bring back what was there before, and remove the restored data'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from lock" -f -a "status" -d 'Show who is at work, on what, and when they last gave a sign of life'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from lock" -f -a "steal" -d 'Take the lock away from its holder, who starts nothing more once they notice'
