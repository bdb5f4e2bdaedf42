//! An ssh server of a test's own, and a client that finds it under a name.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::wait;

/// A server on the loopback with keys of its own; ends with its value.
pub struct Server {
    child: Child,
    pub port: u16,
    /// With its keys; `user` is the one that may log in.
    pub directory: PathBuf,
}

impl Server {
    /// Logins get these variables.
    pub fn start(directory: &Path, variables: &[(&str, &Path)]) -> Self {
        // Debian's sshd wants this directory, which only its start-up script makes.
        if !Path::new("/run/sshd").exists() {
            let _ = std::fs::create_dir("/run/sshd");
        }
        std::fs::create_dir(directory).unwrap();
        for key in ["host", "user"] {
            let status = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(directory.join(key))
                .status()
                .expect("ssh-keygen runs");
            assert!(status.success());
        }
        std::fs::copy(directory.join("user.pub"), directory.join("authorized")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let configuration = configuration(directory, port, variables);
        std::fs::write(directory.join("sshd_config"), configuration).unwrap();
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(directory.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(directory.join("log")).unwrap())
            .spawn()
            .expect("sshd runs");
        wait::until("the ssh server", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            child,
            port,
            directory: directory.to_owned(),
        }
    }

    /// A directory with an `ssh` that knows this server as `name`, at a port of the caller's.
    pub fn client(&self, name: &str, port: u16) -> PathBuf {
        let d = self.directory.display();
        let configuration = format!(
            "Host {name}\n HostName 127.0.0.1\n Port {port}\n User {}\n IdentityFile {d}/user\n\
             IdentitiesOnly yes\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n\
             LogLevel ERROR\n",
            user_name()
        );
        std::fs::write(self.directory.join("ssh_config"), configuration).unwrap();
        let programs = self.directory.join("bin");
        std::fs::create_dir(&programs).unwrap();
        let script = format!("#!/bin/sh\nexec /usr/bin/ssh -F {d}/ssh_config \"$@\"\n");
        let program = programs.join("ssh");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        programs
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(directory: &Path, port: u16, variables: &[(&str, &Path)]) -> String {
    let d = directory.display();
    // One line: of several, only the first counts.
    let words = variables
        .iter()
        .map(|(name, value)| format!(" \"{name}={}\"", value.display()));
    let variables = if variables.is_empty() {
        String::new()
    } else {
        format!("SetEnv{}\n", words.collect::<String>())
    };
    format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {d}/host\nAuthorizedKeysFile {d}/authorized\n\
         PidFile {d}/pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPrintMotd no\nPrintLastLog no\n\
         MaxStartups 100\n{variables}"
    )
}

pub fn user_name() -> String {
    let output = Command::new("id").arg("-un").output().expect("id runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
