//! Where Abide's files are. Pure: the environment is an argument, so that daemon and clients agree.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::ids::SessionId;

/// The few environment variables that decide.
#[derive(Clone, Debug, Default)]
pub struct PathEnv {
    /// Moves everything; tests use it.
    pub abide_home: Option<OsString>,
    pub xdg_state_home: Option<OsString>,
    pub xdg_config_home: Option<OsString>,
    pub xdg_runtime_dir: Option<OsString>,
    pub home: Option<OsString>,
}

impl PathEnv {
    /// Reads the variables through `get` (normally `std::env::var_os`); empty ones count as unset.
    pub fn read(get: impl Fn(&str) -> Option<OsString>) -> Self {
        let get = |name| get(name).filter(|value| !value.is_empty());
        Self {
            abide_home: get("ABIDE_HOME"),
            xdg_state_home: get("XDG_STATE_HOME"),
            xdg_config_home: get("XDG_CONFIG_HOME"),
            xdg_runtime_dir: get("XDG_RUNTIME_DIR"),
            home: get("HOME"),
        }
    }
}

/// The directories and files of one user's Abide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// 0700; registry, ended sessions, log.
    pub state: PathBuf,
    /// Where the configuration file is.
    pub config: PathBuf,
    /// Where sockets go if the state directory's file system refuses them.
    pub runtime_fallback: Option<PathBuf>,
}

impl Paths {
    /// `None` if neither `ABIDE_HOME` nor `HOME` nor the XDG variables say where.
    #[must_use]
    pub fn resolve(env: &PathEnv) -> Option<Self> {
        let runtime_fallback = env
            .xdg_runtime_dir
            .as_ref()
            .map(|dir| PathBuf::from(dir).join("abide"));
        if let Some(root) = env.abide_home.as_ref().map(PathBuf::from) {
            return Some(Self {
                state: root.join("state"),
                config: root.join("config"),
                runtime_fallback: None,
            });
        }
        let under = |xdg: &Option<OsString>, home_part: &str| {
            xdg.as_ref()
                .map(PathBuf::from)
                .or_else(|| Some(PathBuf::from(env.home.as_ref()?).join(home_part)))
                .map(|dir| dir.join("abide"))
        };
        Some(Self {
            state: under(&env.xdg_state_home, ".local/state")?,
            config: under(&env.xdg_config_home, ".config")?,
            runtime_fallback,
        })
    }

    /// Sockets and the lock; 0700.
    #[must_use]
    pub fn run(&self) -> PathBuf {
        self.state.join("run")
    }

    /// One directory per ended session.
    #[must_use]
    pub fn sessions(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// Where the history of a session is that its keeper's memory has no room for.
    #[must_use]
    pub fn history(&self, session: SessionId) -> PathBuf {
        self.sessions().join(session.to_string()).join("history")
    }

    #[must_use]
    pub fn registry(&self) -> PathBuf {
        self.state.join("abide.db")
    }

    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }
}

/// File name of the daemon's socket inside the run directory.
pub const DAEMON_SOCKET: &str = "daemon";

/// File name of a keeper's socket inside the run directory.
#[must_use]
pub fn keeper_socket(id: SessionId) -> String {
    format!("k{}", id.as_uuid().simple())
}

/// The session whose keeper's socket has this file name.
#[must_use]
pub fn session_of_socket(name: &str) -> Option<SessionId> {
    let hex = name.strip_prefix('k').filter(|hex| hex.len() == 32)?;
    hex.parse().ok()
}
