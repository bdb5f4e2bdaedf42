//! The environment of the user's login shell, for sessions that are made without a terminal.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Stdio;
use std::time::Duration;

use abide_protocol::message::EnvVar;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// A login shell that takes longer hangs on something.
const PATIENCE: Duration = Duration::from_secs(5);
/// Prints the environment after a zero that ends whatever the shell's files printed.
const COMMAND: &str = "printf '\\000'; env -0";
/// Bytes of an environment at most; the kernel takes 2 MiB with the arguments.
const MAX_ENVIRONMENT: u64 = 2 << 20;
/// What a login starts with: who the user is and how the machine is reached; the shell's own files
/// say the rest.
const PASSED_ON: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "ABIDE_HOME",
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
];
/// Where programs are before the shell's files have said so.
const BASE_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The user's shell: `$SHELL`, else what the user data base says, else `/bin/sh`.
pub(super) fn shell() -> OsString {
    let passwd = std::fs::read("/etc/passwd").unwrap_or_default();
    let uid = rustix::process::getuid().as_raw();
    std::env::var_os("SHELL")
        .filter(|shell| shell.as_bytes().starts_with(b"/"))
        .or_else(|| shell_of(&passwd, uid))
        .unwrap_or_else(|| "/bin/sh".into())
}

/// The last field of the user's line.
fn shell_of(passwd: &[u8], uid: u32) -> Option<OsString> {
    let uid = uid.to_string();
    passwd.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':').skip(2);
        if fields.next() != Some(uid.as_bytes()) {
            return None;
        }
        let shell = fields.nth(3).filter(|shell| !shell.is_empty())?;
        Some(OsStr::from_bytes(shell).to_owned())
    })
}

/// Asks the login shell. The error is one line for a person; sessions then get the daemon's own
/// environment.
pub(super) async fn environment(shell: &OsStr) -> Result<Vec<EnvVar>, String> {
    let told = |what: String| format!("`{} -l -c 'env -0'` {what}", shell.to_string_lossy());
    let mut command = Command::new(shell);
    command
        .args(["-l", "-c", COMMAND])
        .env_clear()
        .env("PATH", BASE_PATH)
        .envs(passed_on())
        .current_dir(std::env::var_os("HOME").unwrap_or_else(|| "/".into()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command
        .spawn()
        .map_err(|error| told(format!("cannot run: {error}")))?;
    let Ok(answer) = tokio::time::timeout(PATIENCE, read(&mut child)).await else {
        kill_group(&child);
        return Err(told(format!(
            "did not finish within {} s",
            PATIENCE.as_secs()
        )));
    };
    let bytes = answer.map_err(|error| told(format!("cannot be read: {error}")))?;
    let variables = parse(&bytes);
    if variables.is_empty() {
        return Err(told("printed no environment".into()));
    }
    Ok(variables)
}

/// The daemon's own environment, the next best.
pub(super) fn own() -> Vec<EnvVar> {
    std::env::vars_os()
        .map(|(name, value)| EnvVar {
            name: name.into_vec(),
            value: value.into_vec(),
        })
        .collect()
}

fn passed_on() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        name.to_str()
            .is_some_and(|name| PASSED_ON.contains(&name) || name.starts_with("LC_"))
    })
}

async fn read(child: &mut Child) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_ENVIRONMENT).read_to_end(&mut bytes).await?;
    }
    child.wait().await?;
    Ok(bytes)
}

fn kill_group(child: &Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(group) = pid.and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// Reads what [`COMMAND`] printed. What comes before the first zero is the shell's own files
/// talking.
fn parse(bytes: &[u8]) -> Vec<EnvVar> {
    let entries = bytes.split(|byte| *byte == 0).skip(1);
    let pairs = entries.filter_map(|entry| {
        let equals = entry.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (entry.get(..equals)?, entry.get(equals + 1..)?);
        (!name.is_empty()).then(|| EnvVar {
            name: name.to_vec(),
            value: value.to_vec(),
        })
    });
    // What the shell tells of the command it just ran is of no use to a session.
    pairs
        .filter(|v| {
            !["_", "SHLVL", "PWD", "OLDPWD"]
                .iter()
                .any(|n| n.as_bytes() == v.name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_read_past_what_the_shell_printed() {
        let check = |bytes: &str, expected: &[(&str, &str)]| {
            let parsed = parse(bytes.as_bytes());
            let parsed: Vec<_> = parsed
                .iter()
                .map(|v| {
                    (
                        str::from_utf8(&v.name).unwrap(),
                        str::from_utf8(&v.value).unwrap(),
                    )
                })
                .collect();
            assert_eq!(parsed, expected, "{bytes:?}");
        };
        check("\0A=1\0B=two=2\0", &[("A", "1"), ("B", "two=2")]);
        check("Welcome!\nX=2\n\0A=1\0B=\0", &[("A", "1"), ("B", "")]);
        check(
            "\0A=line\nline\0_=/usr/bin/env\0SHLVL=1\0",
            &[("A", "line\nline")],
        );
        check("", &[]);
        check("no environment", &[]);
        check("\0=1\0nothing\0", &[]);
    }

    #[tokio::test]
    async fn a_real_shell_is_understood() {
        let variables = environment(OsStr::new("/bin/sh")).await.unwrap();
        let path = variables.iter().find(|v| v.name == b"PATH").unwrap();
        assert!(path.value.contains(&b'/'), "{variables:?}");
    }

    #[test]
    fn the_user_data_base_names_the_shell() {
        let passwd = b"root:x:0:0:root:/root:/bin/bash\nme:x:1000:1000::/home/me:/usr/bin/fish\nx:x:7:7::/:\n";
        let check = |uid, expected: Option<&str>| {
            assert_eq!(shell_of(passwd, uid).as_deref(), expected.map(OsStr::new));
        };
        check(0, Some("/bin/bash"));
        check(1000, Some("/usr/bin/fish"));
        check(7, None);
        check(8, None);
    }

    #[tokio::test]
    async fn a_shell_that_fails_is_named() {
        let error = environment(OsStr::new("/nonexistent/shell"))
            .await
            .unwrap_err();
        assert!(
            error.starts_with("`/nonexistent/shell -l -c 'env -0'` cannot run"),
            "{error}"
        );
        let error = environment(OsStr::new("/bin/false")).await.unwrap_err();
        assert!(error.ends_with("printed no environment"), "{error}");
    }
}
