//! The grammar of arXiv's identifiers, before and after April 2007.

/// The canonical identifier, and the version if the text names one.
///
/// # Errors
/// The rule that the text breaks.
pub(super) fn parse(text: &str) -> Result<(String, Option<u32>), &'static str> {
    let (name, version) = split_version(text)?;
    let id = match name.split_once('/') {
        Some((archive, number)) => old_style(archive, number)?,
        None => new_style(name)?,
    };
    Ok((id, version))
}

fn split_version(text: &str) -> Result<(&str, Option<u32>), &'static str> {
    let Some(at) = text.rfind(['v', 'V']) else { return Ok((text, None)) };
    let digits = &text[at + 1..];
    if at == 0 || digits.is_empty() || !all_digits(digits) {
        return Ok((text, None));
    }
    match digits.parse() {
        Ok(version) if version > 0 && digits.len() <= 4 => Ok((&text[..at], Some(version))),
        _ => Err("a version is v1 to v9999"),
    }
}

fn new_style(name: &str) -> Result<String, &'static str> {
    let (year_month, number) = name.split_once('.').ok_or("expected YYMM.NNNNN or archive/YYMMNNN")?;
    if year_month.len() != 4 || !all_digits(year_month) || !all_digits(number) {
        return Err("expected YYMM.NNNNN or archive/YYMMNNN");
    }
    check_month(&year_month[2..])?;
    match (year_month, number.len()) {
        (ym, _) if ym < "0704" => Err("identifiers before April 2007 are written archive/YYMMNNN"),
        (ym, 4) if ym < "1501" => Ok(name.to_owned()),
        (ym, 5) if ym >= "1501" => Ok(name.to_owned()),
        (ym, _) if ym < "1501" => Err("before 2015 the number has four digits"),
        _ => Err("from 2015 on the number has five digits"),
    }
}

fn old_style(archive: &str, number: &str) -> Result<String, &'static str> {
    // `math.CA/0611800`: the subject class is not part of the identity.
    let archive = archive.split('.').next().unwrap_or(archive).to_ascii_lowercase();
    if !ARCHIVES.contains(&archive.as_str()) {
        return Err("no such archive");
    }
    if number.len() != 7 || !all_digits(number) {
        return Err("an old identifier is archive/YYMMNNN with seven digits");
    }
    check_month(&number[2..4])?;
    let year_month = &number[..4];
    // arXiv began in August 1991 and left this scheme in March 2007.
    if ("0704".."9108").contains(&year_month) {
        return Err("old identifiers run from August 1991 to March 2007");
    }
    Ok(format!("{archive}/{number}"))
}

fn check_month(month: &str) -> Result<(), &'static str> {
    if ("01"..="12").contains(&month) { Ok(()) } else { Err("the month is not 01 to 12") }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The archives of identifiers before April 2007.
const ARCHIVES: [&str; 38] = [
    "acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an", "chao-dyn", "chem-ph",
    "cmp-lg", "comp-gas", "cond-mat", "cs", "dg-ga", "funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph",
    "hep-th", "math", "math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics", "plasm-ph",
    "q-alg", "q-bio", "quant-ph", "solv-int", "supr-con", "stat", "eess", "econ", "q-fin",
];
