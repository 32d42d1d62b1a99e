//! Whole pipelines as users write them: they compile as they stand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests throughout")]

#[allow(dead_code)]
mod assets {
    include!("api/assets.rs");

    #[cfg(all(unix, feature = "cli"))]
    mod tests {
        use mamo::cli::Invocation;
        use std::path::Path;
        use std::process::{Command, ExitStatus};
        use std::{env, fs, io};

        const RUNS: &str = "MAMO_ASSETS_PROGRAM";

        /// Not a test of its own: the program, run in a folder with images and a `vips` that only this one has.
        #[test]
        fn program() {
            if env::var_os(RUNS).is_some() {
                let invocation = Invocation::new(["assets"], fs::File::create("stdout").unwrap(), io::stderr());
                std::process::exit(invocation.env("MAMO_STORE", "store").run(super::pipeline).into());
            }
        }

        fn run(folder: &Path) -> (ExitStatus, String) {
            let mut command = Command::new(env::current_exe().unwrap());
            let path = env::join_paths(
                [folder.join("bin")].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())),
            );
            command
                .args(["--exact", "assets::tests::program", "--nocapture"])
                .env(RUNS, "1")
                .env("PATH", path.unwrap());
            let output = command.current_dir(folder).output().unwrap();
            (output.status, String::from_utf8(output.stderr).unwrap())
        }

        /// By a process of its own: see `tests/engine/commands.rs`.
        fn install_vips(folder: &Path) {
            let script = "#!/bin/sh\ngrep -q broken \"$2\" && { echo \"$2 is broken\" >&2; exit 1; }\n\
                          echo \"$2\" >> \"$(dirname \"$0\")/../calls\"\necho \"$1 of $(cat \"$2\"), $4 wide\" > \"$3\"\n";
            let made = Command::new("sh")
                .args(["-c", "mkdir bin && printf %s \"$0\" > bin/vips && chmod +x bin/vips", script])
                .current_dir(folder)
                .status();
            assert!(made.unwrap().success());
        }

        /// How many images were made smaller since it was asked last.
        fn n_calls(folder: &Path) -> usize {
            let calls = fs::read_to_string(folder.join("calls")).unwrap_or_default();
            fs::write(folder.join("calls"), "").unwrap();
            calls.lines().count()
        }

        #[test]
        fn a_site_of_thumbnails_is_published_and_put_back() {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            install_vips(folder);
            let image = |name: &str, text: &str| {
                let path = folder.join("assets").join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            };
            let thumb = |name: &str| fs::read_to_string(folder.join("out/site/thumbs").join(name));
            let check = |calls: usize| {
                let (status, stderr) = run(folder);
                assert!(status.success(), "{stderr}");
                assert_eq!(n_calls(folder), calls, "{stderr}");
            };
            image("a.jpg", "apple");
            image("deep/b.jpg", "bee");
            check(2);
            assert_eq!(thumb("deep/b.jpg.webp").unwrap(), "thumbnail of bee, 256 wide\n");
            let index = fs::read_to_string(folder.join("out/site/index.html")).unwrap();
            assert_eq!(index, r#"<img src="thumbs/a.jpg.webp"><img src="thumbs/deep/b.jpg.webp">"#);
            check(0);
            fs::remove_dir_all(folder.join("out")).unwrap();
            check(0);
            assert_eq!(thumb("a.jpg.webp").unwrap(), "thumbnail of apple, 256 wide\n");
            image("a.jpg", "ant");
            fs::remove_file(folder.join("assets/deep/b.jpg")).unwrap();
            check(1);
            assert_eq!(thumb("a.jpg.webp").unwrap(), "thumbnail of ant, 256 wide\n");
            assert!(!folder.join("out/site/thumbs/deep").exists());
            image("c.jpg", "broken");
            let (status, stderr) = run(folder);
            assert!(!status.success() && stderr.contains("vips failed"), "{stderr}");
            assert!(stderr.contains("assets/c.jpg is broken"), "{stderr}");
        }
    }
}
#[allow(dead_code, clippy::as_conversions, clippy::print_stdout)]
#[path = "api/flights.rs"]
#[rustfmt::skip]
mod flights;
#[allow(dead_code, unreachable_pub)]
#[path = "api/penguins.rs"]
#[rustfmt::skip]
mod penguins;
