//! `cluster-plan`: what to run for a library on servers.

use anyhow::Result;
use clap::Args;
use indicatif::DecimalBytes;
use paperpick::verbs::Whole;
use paperpick::verbs::cluster_plan::PlanCluster;

use super::Outcome;
use super::session::print::{TerminalPage, answer, counted};
use super::session::settings::Session;

/// Say what a library of some size takes on servers: memory, shards, replicas
#[derive(Debug, Args)]
pub struct ClusterPlan {
    /// Papers in the library
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
    papers: u32,
    /// Readers with an account
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    readers: u32,
    /// The most requests a second for papers similar to one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    queries: u32,
}

impl ClusterPlan {
    /// Says it; no library is opened.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let (papers, readers) = (Whole::new(self.papers)?, Whole::new(self.readers)?);
        let plan = PlanCluster { papers, readers, queries: Whole::new(self.queries)? }.plan();
        let mut page = TerminalPage::new(session);
        let holds = match plan.shards {
            0 => "one server holds everything".to_owned(),
            n => format!("{n} shards hold the papers, and a server the rest"),
        };
        page.line(format!("servers:  {holds}, with {} each", counted(plan.replicas as usize, "replica")));
        page.line(format!("memory:   {} in each that holds papers", DecimalBytes(plan.memory_bytes)));
        page.line(format!(
            "disks:    {} of papers and {} of ratings, and as much for each replica",
            DecimalBytes(plan.papers_bytes),
            DecimalBytes(plan.ratings_bytes)
        ));
        page.line(format!(
            "at work:  {:.1} cores of each server with its replicas, {:.1} of `paperpick serve`",
            plan.busy_cores, plan.serve_cores
        ));
        page.line(String::new());
        for constant in &plan.constants {
            page.line(format!("{:>14} {}, {}", constant.value, constant.name, constant.from));
        }
        answer::<PlanCluster>(session, &plan, &page)?;
        Ok(Outcome::Done)
    }
}
