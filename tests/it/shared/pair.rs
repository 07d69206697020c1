//! A primary server and its replica, of our own, which can be killed. Their programs are in the folder that
//! `PAPERPICK_TEST_POSTGRES_BIN` names; `.ci/postgres` does.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Both; they end with this value.
pub struct Pair {
    room: TempDir,
    /// The primary, and the replica, which has whatever was acknowledged.
    servers: [Option<Child>; 2],
    pub ports: [u16; 2],
}

impl Pair {
    pub fn start() -> Self {
        let room = tempfile::tempdir().unwrap();
        // Servers refuse to run as root.
        if is_root() {
            assert!(Command::new("chown").arg("nobody").arg(room.path()).status().unwrap().success());
        }
        let mut pair = Self { room, servers: [None, None], ports: [free_port(), free_port()] };
        pair.run("initdb", &["-D", &pair.data(0), "-U", "postgres", "-A", "trust", "--no-sync"]);
        pair.serve(0);
        let (data, port) = (pair.data(1), pair.ports[0].to_string());
        pair.run(
            "pg_basebackup",
            &["-D", &data, "-R", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-c", "fast", "--no-sync"],
        );
        pair.serve(1);
        // From now on nothing is acknowledged that the replica does not have.
        let mut primary = pair.client(0);
        primary.batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'").unwrap();
        primary.batch_execute("SELECT pg_reload_conf()").unwrap();
        let synced = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        until("the replica is in step", || primary.query_one(synced, &[]).unwrap().get::<_, i64>(0) == 1);
        pair
    }

    /// A library's address: whichever of the two takes writes.
    pub fn either(&self) -> String {
        let [one, two] = self.ports;
        format!(
            "postgres://postgres@127.0.0.1:{one},127.0.0.1:{two}/postgres?target_session_attrs=read-write"
        )
    }

    /// The address of one of them.
    pub fn address(&self, n: usize) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.ports[n])
    }

    pub fn client(&self, n: usize) -> postgres::Client {
        postgres::Client::connect(&self.address(n), postgres::NoTls).unwrap()
    }

    /// Kills a server with all its processes, as a power cut does.
    pub fn kill(&mut self, n: usize) {
        let mut server = self.servers[n].take().unwrap();
        let id = server.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let ids: Vec<&str> = children.split_whitespace().collect();
        let _ = Command::new("kill").arg("-9").arg(id.to_string()).args(ids).stderr(Stdio::null()).status();
        server.wait().unwrap();
    }

    /// Lets the replica take over.
    pub fn promote(&self) {
        self.run("pg_ctl", &["promote", "-D", &self.data(1), "-w"]);
        let mut client = self.client(1);
        // There is none any more that it could wait for.
        client.batch_execute("ALTER SYSTEM SET synchronous_standby_names = ''").unwrap();
        client.batch_execute("SELECT pg_reload_conf()").unwrap();
    }

    fn data(&self, n: usize) -> String {
        self.room.path().join(format!("data{n}")).display().to_string()
    }

    fn serve(&mut self, n: usize) {
        let (data, room) = (self.data(n), self.room.path().display().to_string());
        let mut server = program("postgres", self.room.path());
        server.args(["-D", &data, "-h", "127.0.0.1", "-k", &room, "-p", &self.ports[n].to_string()]);
        let log = std::fs::File::create(self.room.path().join(format!("log{n}"))).unwrap();
        self.servers[n] = Some(server.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let address = self.address(n);
        until("a server answers", || postgres::Client::connect(&address, postgres::NoTls).is_ok());
    }

    fn run(&self, name: &str, words: &[&str]) {
        let done = program(name, self.room.path()).args(words).output().unwrap();
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for server in self.servers.iter_mut().filter_map(Option::take) {
            let mut server = server;
            // An immediate end, which takes its children along.
            let _ = Command::new("kill").arg("-QUIT").arg(server.id().to_string()).status();
            let _ = server.wait();
        }
    }
}

/// One of PostgreSQL's programs.
fn program(name: &str, room: &Path) -> Command {
    let bin: PathBuf =
        std::env::var_os("PAPERPICK_TEST_POSTGRES_BIN").expect("the folder of its programs").into();
    let mut command = match is_root() {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--clear-groups"]).arg(bin.join(name));
            command
        }
        false => Command::new(bin.join(name)),
    };
    command.current_dir(room).env("HOME", room).env("LC_ALL", "C.UTF-8");
    // They bring libraries of their own.
    command.env("LD_LIBRARY_PATH", bin.join("../lib"));
    command
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "not yet: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
