//! The program `mamo`: looks after stores, without the pipelines that fill them.

fn main() -> std::process::ExitCode {
    mamo::cli::standalone()
}
