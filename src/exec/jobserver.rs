//! The GNU jobserver: tokens that all programs below one `make -j` share, so that together they run no more than it says.
//!
//! Written by hand: of the crate `jobserver`, finding the server is unsafe, and waiting for a token is cut short only by a
//! signal handler that it installs. Here a token is asked for without waiting, through files that were opened anew, so that
//! those of other programs go on waiting as they were told to.

use crate::exec::sync::{AtomicBool, Ordering};

/// The server that started this process.
pub(crate) struct Jobserver {
    #[cfg(unix)]
    file: std::fs::File,
    /// Whether the token is taken with which this process was started.
    is_own_taken: AtomicBool,
}

/// Leave to run one body; goes back when it is dropped.
pub(crate) struct Token<'a> {
    server: &'a Jobserver,
    /// What was read; nothing for the token with which this process was started.
    byte: Option<u8>,
}

/// How the environment says where the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place<'a> {
    /// The path of a named pipe.
    Named(&'a str),
    /// Both ends of a pipe that this process has open.
    Open(u32, u32),
}

/// Cargo says it to build scripts, `make` to all that it runs.
const VARIABLES: [&str; 2] = ["CARGO_MAKEFLAGS", "MAKEFLAGS"];

impl Jobserver {
    /// The server of which the environment speaks, if there is one that is open to this process.
    pub(crate) fn of_environment() -> Option<Self> {
        VARIABLES.into_iter().find_map(|name| {
            let flags = std::env::var(name).ok()?;
            Self::open(Place::of(&flags)?)
        })
    }

    /// A token, if one is free.
    pub(crate) fn token(&self) -> Option<Token<'_>> {
        // Nothing else is read on the strength of it.
        if !self.is_own_taken.swap(true, Ordering::Relaxed) {
            return Some(Token { server: self, byte: None });
        }
        self.read().map(|byte| Token { server: self, byte: Some(byte) })
    }
}

#[cfg(unix)]
impl Jobserver {
    fn open(place: Place<'_>) -> Option<Self> {
        use rustix::fs::OFlags;
        use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
        let path = match place {
            Place::Named(path) => path.to_owned(),
            Place::Open(read, write) => inherited(read, write)?,
        };
        let is_pipe = std::fs::metadata(&path).is_ok_and(|metadata| metadata.file_type().is_fifo());
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).ok().filter(|_| is_pipe)?;
        let file = std::fs::File::options().read(true).write(true).custom_flags(flags).open(path).ok()?;
        Some(Self { file, is_own_taken: AtomicBool::new(false) })
    }

    fn read(&self) -> Option<u8> {
        use std::io::Read;
        let mut byte = [0];
        // No token, or no server any more: the one that this process has goes round.
        let n_read = (&self.file).read(&mut byte).ok()?;
        (n_read == 1).then_some(u8::from_ne_bytes(byte))
    }

    fn write(&self, byte: u8) {
        use std::io::Write;
        // There is room for what was taken out; when nobody is left to read it nobody misses it.
        let _ = (&self.file).write_all(&[byte]);
    }
}

#[cfg(not(unix))]
impl Jobserver {
    fn open(_place: Place<'_>) -> Option<Self> {
        None
    }

    fn read(&self) -> Option<u8> {
        None
    }

    fn write(&self, _byte: u8) {}
}

/// A path by which a pipe can be opened anew that was handed down open, where there is such a path: on Linux.
///
/// `make` names the ends also to programs that it does not hand them to. Numbers that stand for something else by now are
/// told by what is there: two ends of one pipe, which a program would hand down.
#[cfg(unix)]
fn inherited(read: u32, write: u32) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let paths = [read, write].map(|fd| format!("/proc/self/fd/{fd}"));
    let [first, second] =
        paths.each_ref().map(|path| std::fs::metadata(path).ok().map(|data| (data.dev(), data.ino())));
    let is_handed_down = |fd: u32| {
        const CLOEXEC: u32 = 0o2_000_000;
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).ok()?;
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
        Some(u32::from_str_radix(flags.trim(), 8).ok()? & CLOEXEC == 0)
    };
    let is_one_pipe = first.is_some() && first == second;
    let [path, _] = paths;
    (is_one_pipe && is_handed_down(read)? && is_handed_down(write)?).then_some(path)
}

impl<'a> Place<'a> {
    fn of(flags: &'a str) -> Option<Self> {
        // `make` appends, so the last one counts; what comes before a lone `--` are flags.
        let flags = flags.split_whitespace().take_while(|flag| *flag != "--");
        let value =
            |flag: &'a str| flag.strip_prefix("--jobserver-auth=").or_else(|| flag.strip_prefix("--jobserver-fds="));
        let place = flags.filter_map(value).last()?;
        if let Some(path) = place.strip_prefix("fifo:") {
            return Some(Self::Named(path));
        }
        let (read, write) = place.split_once(',')?;
        Some(Self::Open(read.parse().ok()?, write.parse().ok()?))
    }
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        match self.byte {
            Some(byte) => self.server.write(byte),
            None => self.server.is_own_taken.store(false, Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_say_where_the_server_is() {
        let cases = [
            ("-j --jobserver-auth=3,4", Some(Place::Open(3, 4))),
            (" -j4 --jobserver-fds=3,4 --jobserver-auth=fifo:/tmp/f -k", Some(Place::Named("/tmp/f"))),
            ("--jobserver-auth=-2,-2", None),
            ("-j -- X=--jobserver-auth=3,4 --jobserver-auth=3,4", None),
            ("kw", None),
            ("", None),
        ];
        for (flags, place) in cases {
            assert_eq!(Place::of(flags), place, "{flags}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn tokens_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let server = Jobserver::open(Place::Named(path.to_str().unwrap())).unwrap();
        server.write(b'x');
        let (own, other) = (server.token().unwrap(), server.token().unwrap());
        assert!(server.token().is_none());
        drop(other);
        assert_eq!(server.token().unwrap().byte, Some(b'x'));
        drop(own);
        assert_eq!(server.token().unwrap().byte, None);
        // A file is no server, and neither is a pipe of this process's own.
        std::fs::write(folder.path().join("file"), "+").unwrap();
        assert!(Jobserver::open(Place::Named(folder.path().join("file").to_str().unwrap())).is_none());
        let (reader, writer) = std::io::pipe().unwrap();
        let fds = [format!("{reader:?}"), format!("{writer:?}")].map(|text| {
            let digits: String =
                text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        });
        assert!(Jobserver::open(Place::Open(fds[0], fds[1])).is_none());
    }
}
