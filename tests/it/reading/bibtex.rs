//! BibTeX as people and programs write it.

use super::{field, papers, titles};

#[test]
fn what_stands_around_entries_costs_none() {
    for (name, text, expected) in [
        (
            "round.bib",
            "@ARTICLE (roy75,\n\tauthor = {Ann Roy},\n\ttitle = \"Herons\"\n)\n@article{ito, title={Salt}}",
            vec!["Herons", "Salt"],
        ),
        (
            "text.bib",
            "My list (ask ann@example.org)\n@article{a, title={Herons}}\nSee also: sam@example.org {soon}.\n@article{b, title={Salt}}\n",
            vec!["Herons", "Salt"],
        ),
        (
            "comment.bib",
            "@article{a, title={Herons}}\n@Comment of mine, without braces\n@comment{closed (}\n@article{b, title={Salt}}",
            vec!["Herons", "Salt"],
        ),
        (
            "types.bib",
            "@magazine_article{k, title={A}}\n@web-page{k, title={B}}\n@Misc {k,\n title = {C}}\n@online{, title = {D},,}\n",
            vec!["A", "B", "C", "D"],
        ),
        (
            "line.bib",
            "@misc{a, title={A}} @misc{b, title={B}}@misc{c, title={C {open}, year=1}\n@misc{d, title={D}}",
            vec!["A", "B", "D"],
        ),
        (
            "price.bib",
            "@misc{a, title={A}, abstract={Cells of Cu$ at US$5, not $3.}}\n@misc{b, title={A $k$-th B}}",
            vec!["A", "A $k$-th B"],
        ),
        (
            "values.bib",
            "@string{ins = {Inst }}\n@misc{a, year = 2024, title = ins # \"of \" # {B}}",
            vec!["Inst of B"],
        ),
        (
            "quotes.bib",
            "@misc{a, title = \"On G\\\"odel's {\"}Proof{\"}\"\n year = 1931}",
            vec!["On Gödel's \"Proof\""],
        ),
        (
            "remark.bib",
            "@misc{a,\n % author = {Nobody},\n title = {Half of 5\\% salt},\n}",
            vec!["Half of 5% salt"],
        ),
        (
            "keys.bib",
            "@misc{an odd key:é/1, title = {A}}\n@misc{title = {B}}\n@misc\n{c,\n title = {C}}",
            vec!["A", "B", "C"],
        ),
    ] {
        assert_eq!(titles(name, text), expected, "{name}");
    }
}

#[test]
fn a_brace_or_quotation_mark_too_many_or_too_few_costs_no_field() {
    let found = papers(&[(
        "braces.bib",
        b"@misc{a, title={A}}, author={Roy, Ann}, year={2018}}\n@misc{b, title = On salt and tides, year = 2018}\n\
          @misc{c,\n title={C That {Never Closes,\n author = {Roy, Ann},\n year = 2018\n}\n",
    )]);
    assert_eq!(field(&found, "title"), ["A", "C That Never Closes", "On salt and tides"]);
    assert_eq!(field(&found, "authors"), ["Ann Roy", "Ann Roy", ""]);
}

#[test]
fn the_entry_that_is_broken_is_named_with_its_line() {
    let shell = crate::shell::Shell::new();
    shell.write("a.bib", "@misc{a, title={A}}\n\n@misc{b, title={B {open}, year=1}\n@misc{c, title={C}}\n");
    let said = shell.run("paperpick import a.bib");
    assert!(
        said.contains("a.bib:3: the entry `@misc{b, title={B {open}, year=1}` is broken: it has no end"),
        "{said}"
    );
    assert!(said.contains("2 entries and 1 broken: 2 added"), "{said}");
}

#[test]
fn accents_dashes_and_markup_are_what_is_printed() {
    let found = papers(&[(
        "a.bib",
        r#"@article{a, author={L{\'\i}dia Sj\o{}berg and Cl{\"\i}o N{\aa}s and {\v{S}}t{\textcommabelow{e}}f, \L{}ukasz}, title={Tides near {\AA}s{\o}: \emph{T. rex} -- ``{Fermi}\textendash{Dirac}'' in CO\textsubscript{2}}, abstract={50\% of \textbf{all}~herons.}}"#
            .as_bytes(),
    )]);
    assert_eq!(field(&found, "title"), ["Tides near Åsø: T. rex – “Fermi–Dirac” in CO2"]);
    assert_eq!(field(&found, "authors"), ["Lídia Sjøberg, Clïo Nås, Łukasz Šte\u{326}f"]);
    assert_eq!(field(&found, "abstract"), ["50% of all herons."]);
}
