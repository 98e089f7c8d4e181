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
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "lock" -d 'Show who is at work on the project, or take the lock away from them'
complete -c medianestctl -n "__fish_medianestctl_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
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
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "init" -d 'Make a deployment directory: compose.yaml, .env, secrets/, and an override file of your own'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "check" -d 'Look whether everything that a deploy needs is there'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "secrets" -d 'Generate, list and verify the stack\'s secrets'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "config" -d 'Show the Compose project as it is understood: merged, interpolated, with every default'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "plan" -d 'Show what deploy would do, and why'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "deploy" -d 'Bring the stack about: pull, migrate, start in health order'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "update" -d 'Bring a new release about without dropping a request; without a version, what the present tags lead to by now'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "rollback" -d 'Bring the release before back, or a named one: images, settings, secrets, all of it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "autoupdate" -d 'Look whether registries have something newer than what runs, and bring it about as `update` does; never databases'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "status" -d 'Show how the services are; exit code 0 only when all are healthy'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "logs" -d 'Show what the containers print'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "start" -d 'Start what is stopped, in health order'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "stop" -d 'Stop containers and keep them, dependents first'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "restart" -d 'Restart one container after the other'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "down" -d 'Remove containers and networks; data stays unless --volumes is given'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "migrate" -d 'Run the database migration once more, and verify it'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "releases" -d 'List the releases that are kept, show one, or compare two'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "prune" -d 'Remove what no kept release needs: records, secret versions, containers that were put aside'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "maintenance" -d 'Close the site to visitors with a page that says so, and open it again'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "lock" -d 'Show who is at work on the project, or take the lock away from them'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "generate" -d 'Write completions/ and man/ below a directory'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and not __fish_seen_subcommand_from init check secrets config plan deploy update rollback autoupdate status logs start stop restart down migrate releases prune maintenance lock completions generate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from secrets" -f -a "generate" -d 'Create the missing ones; what exists is never changed'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from secrets" -f -a "list" -d 'List them, without their values'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from secrets" -f -a "verify" -d 'Check that they are there, strong, private and consistent; exit code 8 when they are not'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from releases" -f -a "show" -d 'Show one release: images by digest, versions of secrets and configs, who, when and how it went'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from releases" -f -a "diff" -d 'Show what changed from one release to another; no values, only names'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from maintenance" -f -a "on" -d 'Answer every visitor with 503 and a page; what runs goes on running'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from maintenance" -f -a "off" -d 'Let visitors in again'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from lock" -f -a "status" -d 'Show who is at work, on what, and when they last gave a sign of life'
complete -c medianestctl -n "__fish_medianestctl_using_subcommand help; and __fish_seen_subcommand_from lock" -f -a "steal" -d 'Take the lock away from its holder, who starts nothing more once they notice'
