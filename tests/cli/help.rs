//! What `--help` says, of the program and of its commands.

use crate::call;
use expect_test::{Expect, expect};
use mamo::cli::exit_codes;

fn check_help(args: &str, expected: Expect) {
    let ended = call(args);
    assert_eq!((ended.code, ended.stderr.as_str()), (exit_codes::DONE, ""));
    expected.assert_eq(&ended.stdout);
}

#[test]
fn help_is_whole_and_on_standard_output() {
    check_help(
        "--help",
        expect![[r#"
            Brings the targets of this pipeline up to date, and runs only what is stale

            Usage: flights [OPTIONS] [TARGETS]... [COMMAND]

            Commands:
              run          Bring targets up to date; `run` may be left out
              watch        Run, and again whenever a file changes that the targets read
              plan         Say what a run would do, and run nothing
              status       List nodes with state, age, size and time [alias: ls]
              graph        Draw the graph, with what a run would do
              show         Show a node: value, provenance, code and log
              stats        Say what the store holds, and what it has been good for
              impact       Say which nodes an edit of a function would make stale
              runs         List the runs that are on record
              diff         Say what is different in one run and another
              assert-plan  Fail when a run would execute more than is expected
              why          Say why a node would run, or what the last run did and why
              log          Print what a node said when it ran last
              replay       Run one node again alone, on what it failed on
              audit        Execute a sample of what is known once more, to see what differs
              accept       Let nodes keep their values although their code changed
              unaccept     Take acceptances back: the nodes' present code runs
              accepted     List what was accepted, by whom and why
              tag          Name the present values of nodes, and keep them for good
              untag        Take a name back; the values may go then
              tags         List names and pins, by name or by node
              pin          Keep the present values of nodes for good
              unpin        Let pinned values go again
              forget       Forget what nodes gave; they run when they are needed next
              flush        Forget all that is not tagged or pinned
              revoke       Take back what a program made that turned out to be wrong
              gc           Take away what nobody needs, by rules that you choose
              export       Write the present values of nodes to a file, for another store
              import       Take over values that another store exported
              verify       Read every byte of the store, and say what is damaged
              repair       As `verify`, and take away what is damaged

            Arguments:
              [TARGETS]...  Targets or nodes to bring up to date [default: all targets]

            Options:
              -j, --jobs <N>         Nodes that run at once [default: number of processors]
              -k, --keep-going       After a failure, run all that does not depend on it
                  --finish-running   After a failure, finish what runs and start no more
                  --force <NODE>     Execute this node once more (may be repeated)
                  --missing-only     Execute only what has no value, however old
                  --depth <N>        Bring only N levels up to date, targets first
                  --max-size <SIZE>  Keep the store below this, as 10GiB
                  --report <FILE>    Tell of the run: run.html, timeline.svg or trace.json
                  --progress <HOW>   Progress: auto, plain (lines), off [default: auto]
                  --color <WHEN>     When to colour: auto, always, never [default: auto]
                  --json             End standard output with one line of JSON
                  --memory <SIZE>    Memory for nodes and values, as 8GiB [default: 75 %]
                  --pool <NAME=N>    So many nodes of a pool run at once, as gpu=2
              -q, --quiet            Say nothing but results, warnings and errors
                  --slots <N>        Slots that running nodes share [default: as --jobs]
                  --store <DIR>      Folder of the store [default: .mamo]
              -v, --verbose          Say of each node why it runs
                  --wait <SECONDS>   Wait so long for a store that is in use [default: 0]
              -h, --help             Print help

            Results and JSON go to standard output, everything else to standard error.

            Environment:
              MAMO_STORE, MAMO_JOBS, MAMO_PROGRESS  as --store, --jobs, --progress
              MAMO_MEMORY, MAMO_POOLS               as --memory, --pool (gpu=2,net=8)
              NO_COLOR, CLICOLOR_FORCE              no colours; colours everywhere

            Exit codes:
                0  done
                1  a node failed, or did not give the same when it was audited;
                   a plan is not as expected
                2  wrong call: unknown option or target, mistakes in the graph
                3  another process holds the store
                4  the store cannot be read or written, or has another format
                5  anything else went wrong
              130  interrupted; what had finished is kept
        "#]],
    );
    check_help(
        "run --help",
        expect![[r#"
            Bring targets up to date; `run` may be left out

            Usage: flights run [OPTIONS] [TARGETS]...
                   flights run <COMMAND>

            Commands:
              show  Say what a run did with each node

            Arguments:
              [TARGETS]...  Targets or nodes to bring up to date [default: all targets]

            Options:
              -j, --jobs <N>         Nodes that run at once [default: number of processors]
              -k, --keep-going       After a failure, run all that does not depend on it
                  --finish-running   After a failure, finish what runs and start no more
                  --force <NODE>     Execute this node once more (may be repeated)
                  --missing-only     Execute only what has no value, however old
                  --depth <N>        Bring only N levels up to date, targets first
                  --max-size <SIZE>  Keep the store below this, as 10GiB
                  --report <FILE>    Tell of the run: run.html, timeline.svg or trace.json
                  --progress <HOW>   Progress: auto, plain (lines), off [default: auto]
                  --color <WHEN>     When to colour: auto, always, never [default: auto]
                  --json             End standard output with one line of JSON
                  --memory <SIZE>    Memory for nodes and values, as 8GiB [default: 75 %]
                  --pool <NAME=N>    So many nodes of a pool run at once, as gpu=2
              -q, --quiet            Say nothing but results, warnings and errors
                  --slots <N>        Slots that running nodes share [default: as --jobs]
                  --store <DIR>      Folder of the store [default: .mamo]
              -v, --verbose          Say of each node why it runs
                  --wait <SECONDS>   Wait so long for a store that is in use [default: 0]
              -h, --help             Print help

            Results and JSON go to standard output, everything else to standard error.

            Environment:
              MAMO_STORE, MAMO_JOBS, MAMO_PROGRESS  as --store, --jobs, --progress
              MAMO_MEMORY, MAMO_POOLS               as --memory, --pool (gpu=2,net=8)
              NO_COLOR, CLICOLOR_FORCE              no colours; colours everywhere

            Exit codes:
                0  done
                1  a node failed, or did not give the same when it was audited;
                   a plan is not as expected
                2  wrong call: unknown option or target, mistakes in the graph
                3  another process holds the store
                4  the store cannot be read or written, or has another format
                5  anything else went wrong
              130  interrupted; what had finished is kept
        "#]],
    );
    check_help(
        "plan --help",
        expect![[r#"
            Say what a run would do, and run nothing

            Usage: flights plan [OPTIONS] [TARGETS]...

            Arguments:
              [TARGETS]...  Targets or nodes to plan for [default: all targets]

            Options:
                  --force <NODE>    Execute this node once more (may be repeated)
                  --missing-only    Execute only what has no value, however old
                  --depth <N>       Bring only N levels up to date, targets first
                  --all             List every node that would run, however many there are
                  --code            List what of each function's code counts
                  --color <WHEN>    When to colour: auto, always, never [default: auto]
                  --json            End standard output with one line of JSON
                  --memory <SIZE>   Memory for nodes and values, as 8GiB [default: 75 %]
                  --pool <NAME=N>   So many nodes of a pool run at once, as gpu=2
              -q, --quiet           Say nothing but results, warnings and errors
                  --slots <N>       Slots that running nodes share [default: as --jobs]
                  --store <DIR>     Folder of the store [default: .mamo]
              -v, --verbose         Say of each node why it runs
                  --wait <SECONDS>  Wait so long for a store that is in use [default: 0]
              -h, --help            Print help

            Results and JSON go to standard output, everything else to standard error.

            Environment:
              MAMO_STORE, MAMO_JOBS, MAMO_PROGRESS  as --store, --jobs, --progress
              MAMO_MEMORY, MAMO_POOLS               as --memory, --pool (gpu=2,net=8)
              NO_COLOR, CLICOLOR_FORCE              no colours; colours everywhere

            Exit codes:
                0  done
                1  a node failed, or did not give the same when it was audited;
                   a plan is not as expected
                2  wrong call: unknown option or target, mistakes in the graph
                3  another process holds the store
                4  the store cannot be read or written, or has another format
                5  anything else went wrong
              130  interrupted; what had finished is kept
        "#]],
    );
    assert_eq!(call("-h").stdout, call("--help").stdout);
}
