//! Whatever stands in a model's file, an index or the settings, it is refused or it works. The first byte says which it is.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use paperpick::Embedder;
use paperpick::config::Config;
use paperpick::embed::Role;
use paperpick::progress::Silent;
use paperpick::embed::builtin::Builtin;
use paperpick::index::{Allowed, Index, NearestPapers};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    match kind % 3 {
        0 => {
            let Ok(model) = Builtin::from_bytes(bytes.to_vec()) else { return };
            let texts = ["vision and language", "확산 모델", ""];
            drop(model.embed(Role::Document, &texts, &Silent));
        }
        1 => {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            let Ok(Some(index)) = Index::open(file.path()) else { return };
            drop(index.check());
            let query = vec![0.1; index.stamp().dimensions.min(4096)];
            drop(index.nearest(&query, 5, Allowed::All));
            drop(index.nearest(&query, 5, Allowed::Only(&[1, 2, 7])));
        }
        _ => drop(Config::parse(&String::from_utf8_lossy(bytes), Path::new("config.toml"))),
    }
});
