//! Feeds as sites write them: every dialect, markup in every wrapping, days, authors and addresses.

use jiff::civil::date;
use serde_json::Value;

use super::{field, papers, titles};
use crate::server::Fault;
use crate::shell::Shell;
use crate::sync::{Reader, week};

/// The posts of a feed in RSS 2.0.
fn rss(items: &str) -> Vec<Value> {
    papers(&[(
        "feed.xml",
        format!("<rss version=\"2.0\"><channel><title>A lab</title>{items}</channel></rss>").as_bytes(),
    )])
}

/// The posts of a feed in Atom.
fn atom(entries: &str) -> Vec<Value> {
    let feed = format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>A lab</title>{entries}</feed>");
    papers(&[("feed.xml", feed.as_bytes())])
}

/// The days on which each was listed.
fn days(papers: &[Value]) -> Vec<&str> {
    papers.iter().map(|paper| paper["listings"][0]["day"].as_str().unwrap_or_default()).collect()
}

fn links(papers: &[Value]) -> Vec<&str> {
    papers.iter().map(|paper| paper["facts"]["link"].as_str().unwrap_or_default()).collect()
}

#[test]
fn rss_one_has_its_items_beside_the_channel() {
    let text = r#"<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY % more "x">]>
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
        <channel rdf:about="https://journal.example.org/toc"><title>Journal of Marshes</title><link>https://journal.example.org/toc</link>
        <items><rdf:Seq><rdf:li rdf:resource="https://journal.example.org/a/1"/></rdf:Seq></items></channel>
        <item rdf:about="https://journal.example.org/a/1"><title>Herons at dusk</title><link>https://journal.example.org/a/1</link>
        <dc:creator>Ito, M. K., van der Roy, S., and Lima-Sá, A.</dc:creator><dc:date>2023-11-05T01:00:00+09:00</dc:date>
        <prism:publicationName>Journal of Marshes</prism:publicationName><prism:doi>10.1000/Marsh.7</prism:doi></item>
        <item rdf:about="https://journal.example.org/a/2"><title>Salt</title><description>Of salt.</description>
        <prism:publicationDate>2023-11-06</prism:publicationDate><dc:identifier>urn:isbn:1</dc:identifier></item></rdf:RDF>"#;
    let found = papers(&[("toc.rdf", text.as_bytes())]);
    assert_eq!(field(&found, "title"), ["Herons at dusk", "Salt"]);
    assert_eq!(field(&found, "authors"), ["M. K. Ito, S. van der Roy, A. Lima-Sá", ""]);
    assert_eq!(days(&found), ["2023-11-05", "2023-11-06"]);
    assert_eq!(found[0]["id"], "doi:10.1000/marsh.7");
    assert_eq!(found[0]["facts"]["journal"], "Journal of Marshes");
    assert_eq!(links(&found), ["", "https://journal.example.org/a/2"]);
    let old = "<rdf:RDF xmlns=\"http://my.netscape.com/rdf/simple/0.9/\"><channel><title>C</title></channel>\
               <item><title>Oldest</title><link>https://example.org/o</link></item></rdf:RDF>";
    assert_eq!(titles("old.rdf", old), ["Oldest"]);
    let numbered = "<rss version=\"0.91\"><channel><item><title>Old</title><link>https://example.org/n</link></item></channel></rss>";
    assert_eq!(titles("old.xml", numbered), ["Old"]);
}

#[test]
fn markup_becomes_its_text_in_order() {
    let found = atom(
        r#"<entry><id>https://example.org/1</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <i>Heron</i>’s CO<sub>2</sub></div></title>
           <summary type="xhtml"><div><p>One <b>bold</b> step.</p><p>Two &lt; three.</p><script>var x = 1;</script><ul><li>a</li><li>b</li></ul></div></summary></entry>
           <entry><id>https://example.org/2</id><title>B: the <em>inner</em> tag and <code>x</code></title><content type="html">&lt;p&gt;R&amp;amp;D&lt;/p&gt;&lt;style&gt;p{}&lt;/style&gt;</content></entry>
           <entry><id>https://example.org/3</id><title type="html"><![CDATA[C&eacute;dille &amp; <b>co</b>]]></title><summary>&amp;lt;p&amp;gt;Twice&amp;lt;/p&amp;gt; R&amp;amp;amp;D</summary></entry>
           <entry><id>https://example.org/4</id><title type="text">D is &lt; E &amp; F</title><summary type="text">Use a &lt;b&gt; there</summary></entry>
           <entry xmlns:x="http://www.w3.org/1999/xhtml"><id>https://example.org/5</id><title type="xhtml"><x:div>E <x:em>with</x:em> a prefix</x:div></title>
           <summary type="xhtml"><x:div>a<x:br/>b</x:div></summary></entry>"#,
    );
    assert_eq!(
        field(&found, "title"),
        ["A Heron’s CO2", "B: the inner tag and x", "Cédille & co", "D is < E & F", "E with a prefix"]
    );
    assert_eq!(
        field(&found, "abstract"),
        ["One bold step. Two < three. a b", "R&D", "Twice R&D", "Use a <b> there", "a b"]
    );
    let found = rss(
        "<item><guid>https://example.org/1</guid><title>Ferns &amp;amp; moss &amp;#8212; &amp;quot;now&amp;quot;</title>\
         <description>Deep <i>in</i> H<sub>2</sub>O &nbsp; &amp;lt; ice</description></item>\
         <item><guid>https://example.org/2</guid><title>Gulls</title><description></description>\
         <content:encoded><![CDATA[<div class=\"x\">Of <a href=\"https://arxiv.org/abs/2404.15653\">gulls</a></div>]]></content:encoded></item>",
    );
    assert_eq!(field(&found, "title"), ["Ferns & moss — \"now\"", "Gulls"]);
    assert_eq!(field(&found, "abstract"), ["Deep in H2O < ice", "Of gulls"]);
    assert!(
        field(&found, "id")[1].starts_with("own:https://example.org/2~"),
        "what a text links to is another"
    );
}

#[test]
fn a_day_is_found_wherever_and_however_it_is_written() {
    let dates = [
        "<pubDate>Sun, 07 Jul 2019 23:59:00 -0800</pubDate>",
        "<pubDate>Mon, 7 July 19 10:00 PDT</pubDate>",
        "<pubDate>07 Jul 2019</pubDate>",
        "<pubDate>July 7, 2019, 3:00 pm</pubDate>",
        "<pubDate>2019/07/07</pubDate>",
        "<dc:date>20190707</dc:date>",
        "<dcterms:issued>2019-07-07T23:00:00-10:00</dcterms:issued>",
        "<dcterms:created>7-Jul-2019</dcterms:created>",
        "<pubDate>soon</pubDate><dc:date>2019-07-07</dc:date>",
        "<atom:updated>2019-07-07T00:00:00Z</atom:updated>",
        "<pubDate>dim., 07 juil. 2019 10:00:00 +0200</pubDate>",
    ];
    let item = |(n, date): (usize, &&str)| {
        format!("<item><title>T{n:02}</title><link>https://example.org/{n}</link>{date}</item>")
    };
    let found = rss(&dates.iter().enumerate().map(item).collect::<String>());
    assert_eq!(days(&found), vec!["2019-07-07"; dates.len()]);
    let old = "<entry><id>https://example.org/1</id><title>Old</title><modified>2004-02-03T00:00:00Z</modified></entry>";
    assert_eq!(days(&atom(old)), ["2004-02-03"]);
    assert_eq!(
        days(&rss("<item><title>T</title><pubDate>July 2019</pubDate></item>")),
        [""],
        "no day is said"
    );
}

#[test]
fn the_page_of_a_post_is_kept() {
    let shell = Shell::new();
    shell.write(
        "a.xml",
        "<feed xml:base=\"https://marsh.example.org/blog/\"><entry><id>urn:uuid:0001</id><title>Reeds</title><updated>2024-05-06T00:00:00Z</updated>\
         <link rel=\"enclosure\" href=\"https://cdn.example.org/a.mp3\"/><link rel=\"related\" href=\"https://arxiv.org/abs/2404.15653\"/>\
         <link rel=\"alternate\" href=\"reeds?a=1&amp;b=2\"/></entry></feed>",
    );
    shell.run("paperpick import a.xml");
    let today = shell.json("paperpick today --date 2024-05-06 --json");
    let text = today.to_string();
    assert!(text.contains("\"url\":\"https://marsh.example.org/blog/reeds?a=1&b=2\""), "{text}");
    let found = rss(
        "<item><title>A</title><link>https://proxy.example.com/~r/1</link><guid isPermaLink=\"false\">tag:x</guid><feedburner:origLink>https://example.org/a</feedburner:origLink></item>\
         <item><title>B</title><guid>https://example.org/b</guid><comments>https://example.org/b#talk</comments></item>\
         <item><title>C</title><link>javascript:alert(1)</link><guid isPermaLink=\"false\">c-3</guid></item>\
         <item><title>D</title><atom:link rel=\"self\" href=\"https://example.org/feed\"/><link>\n https://example.org/d \n</link></item>",
    );
    assert_eq!(
        links(&found),
        ["https://example.org/a", "https://example.org/b", "", "https://example.org/d"]
    );
}

#[test]
fn a_name_that_says_nothing_names_no_post() {
    let feed = |site: &str, title: &str| {
        format!(
            "<rss><channel><item><title>{title}</title><link>https://{site}/p</link><guid isPermaLink=\"false\">77</guid></item>\
             <item><title>{title} too</title><link>https://{site}/q</link><guid>none</guid></item></channel></rss>"
        )
    };
    let (one, two) = (feed("a.example.org", "Reeds"), feed("b.example.org", "Tides"));
    let found = papers(&[("a.xml", one.as_bytes()), ("b.xml", two.as_bytes())]);
    assert_eq!(field(&found, "title"), ["Reeds", "Reeds too", "Tides", "Tides too"]);
    let found = rss(
        "<item><description>A post without a title, which begins as most texts do, with more words than a title should ever have.</description><link>https://example.org/1</link></item>\
         <item><title>Only a title</title><author>Sam Roy</author></item>\
         <item><title>Strong</title><link>https://lists.example.org/77</link><guid isPermaLink=\"false\">oai:arXiv.org:2404.15653v2</guid></item>\
         <item><title>Twin</title><link>https://doi.org/10.1000/TWIN</link><dc:identifier>arXiv:2404.16030</dc:identifier></item>",
    );
    let linked = rss(
        "<item><title>A talk about it</title><link>https://arxiv.org/abs/2404.15653</link><comments>https://news.example.org/1</comments><pubDate>25 Apr 2024</pubDate></item>",
    );
    assert_eq!((linked[0]["id"].as_str(), days(&linked)), (Some("2404.15653"), vec!["2024-04-25"]));
    assert!(linked[0]["facts"].is_null() && linked[0]["published"].is_null(), "{linked:?}");
    let title = "A post without a title, which begins as most texts do, with more words than a…";
    assert_eq!(field(&found, "title"), [title, "Only a title", "Strong", "Twin"]);
    let ids = field(&found, "id");
    assert!(ids[1].starts_with("own:roy~"), "{ids:?}");
    assert_eq!(ids[2..], ["2404.15653", "2404.16030"]);
}

#[test]
fn authors_are_people() {
    let by = [
        ("<author>mei@example.org (Mei Ito)</author>", "Mei Ito"),
        ("<author>desk@example.org</author>", ""),
        ("<author>Mei Ito, Sam Roy &amp; Ann Lima</author>", "Mei Ito, Sam Roy, Ann Lima"),
        ("<dc:creator>Ito, Mei</dc:creator><dc:creator>Roy, Sam</dc:creator>", "Mei Ito, Sam Roy"),
        ("<dc:creator>Ito, M., Roy, S. T.</dc:creator>", "M. Ito, S. T. Roy"),
        ("<dc:creator>Ito, Mei; Roy, Sam</dc:creator>", "Mei Ito, Sam Roy"),
        ("<dc:creator><![CDATA[by <a href='/mei'>Mei Ito</a>]]></dc:creator>", "Mei Ito"),
        ("<author><name>Mei Ito</name><email>mei@example.org</email></author>", "Mei Ito"),
        ("<itunes:author>The Desk</itunes:author>", "The Desk"),
    ];
    let item = |(n, (by, _)): (usize, &(&str, &str))| {
        format!("<item><title>T{n}</title><link>https://example.org/{n}</link>{by}</item>")
    };
    let found = rss(&by.iter().enumerate().map(item).collect::<String>());
    assert_eq!(field(&found, "authors"), by.map(|(_, names)| names));
    let found = atom(
        "<author><name>The Desk</name></author><entry><id>https://example.org/1</id><title>A</title><source><author><name>Sam Roy</name></author></source></entry>\
         <entry><id>https://example.org/2</id><title>B</title><author><email>b@example.org</email></author></entry>",
    );
    assert_eq!(field(&found, "authors"), ["Sam Roy", ""]);
}

#[test]
fn broken_markup_costs_itself_only() {
    let found = rss(
        "<item><title>A & B; C</title><link>https://example.org/v?a=1&b=2&copy=3</link><description>x < y <br> and <p>open <b>bold</i> &bogus; end</description><pubDate>2024-05-06</pubDate></item>\
         <item><title>B \u{b}bell&#7;</title><link>https://example.org/2</link><description><a href=\"/x>quote</a> left</description><pubDate>2024-05-06</pubDate></item>\
         <item><title>C</title><link>https://example.org/3</link><description><![CDATA[a </item> b]]></description></p></item>\
         <item><title>D</title><link>https://example.org/4</link><description><div><p>a<p>b<ul><li>c<li>d</description></item>",
    );
    assert_eq!(field(&found, "title"), ["A & B; C", "B bell", "C", "D"]);
    assert_eq!(
        field(&found, "abstract"),
        ["x < y and open bold &bogus; end", "quote left", "a </item> b", "a b c d"]
    );
    assert_eq!(links(&found)[0], "https://example.org/v?a=1&b=2&copy=3");
    let found = rss(
        "<item><title>A</title><link>https://example.org/1</link><description><![CDATA[never closed</description></item>\n<item><title>B</title><link>https://example.org/2</link></item>\
         <item><title>C</title><link>https://example.org/3</link><description>x <!-- open </description></item><item><title>D</title><link>https://example.org/4</link></item>",
    );
    assert_eq!(field(&found, "title"), ["A", "B", "C", "D"]);
    assert_eq!(links(&found).len(), 4);
}

#[test]
fn what_stands_around_a_feed_is_no_part_of_it() {
    let feed =
        "<rss><channel><item><title>Inside</title><link>https://example.org/1</link></item></channel></rss>";
    for (before, after) in [
        ("\n\n<?xml version='1.0'?>\n<!-- by <b>a maker</b> of <feed>s -->\n", ""),
        (
            "<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?><!DOCTYPE rss SYSTEM 'a.dtd'>",
            "\n<!-- 0.4 s -->",
        ),
        (
            "<br />\n<b>Warning</b>:  include(): failed in <b>/srv/a.php</b> on line <b>3</b><br />\n<?xml version='1.0'?>",
            "<script>x()</script>",
        ),
        ("Notice: Undefined index: a in /srv/a.php on line 9\n<?xml version='1.0'?>", "\n<br>done"),
    ] {
        assert_eq!(titles("feed.xml", &format!("{before}{feed}{after}")), ["Inside"], "{before}");
    }
}

/// Someone with one feed, at `/lab.xml` of the server.
fn subscribed(feed: &str) -> Reader {
    let mut world = week();
    world.files.insert("/lab.xml".into(), feed.to_owned());
    let reader = Reader::new(world, "");
    let url = format!("http://127.0.0.1:{}/lab.xml", reader.server.port);
    let sources = format!("feeds = [{{ name = \"lab\", url = \"{url}\" }}]");
    reader.shell.write("config.toml", reader.server.settings(&sources));
    reader
}

#[test]
fn an_undated_post_is_listed_on_the_day_on_which_it_is_first_seen() {
    let item = |n: usize| {
        format!(
            "<item><title>Post {n}</title><link>https://example.org/{n}</link><pubDate>soon</pubDate></item>"
        )
    };
    let feed = |items: String| format!("<rss><channel><title>Lab</title>{items}</channel></rss>");
    let reader = subscribed(&feed(item(1)));
    let listed = |day: i8| {
        let day = date(2025, 10, day);
        let today = reader.shell.json(&format!("paperpick today --date {day} --json"));
        today["n_listed"].as_u64().unwrap_or_default()
    };
    reader.on(13, "paperpick sync");
    reader.server.world(|world| world.files.insert("/lab.xml".into(), feed(item(2) + &item(1))));
    reader.on(14, "paperpick sync");
    reader.server.world(|world| world.files.insert("/lab.xml".into(), feed(item(2) + &item(1) + " ")));
    reader.on(15, "paperpick sync");
    assert_eq!((listed(13), listed(14)), (1, 1));
    let export = reader.shell.run("paperpick export");
    assert_eq!(export.matches("\"source\":\"lab\"").count(), 2, "{export}");
}

#[test]
fn a_feed_is_cut_off_only_if_it_lacks_its_end() {
    let whole = "<rss><channel><item><title>One</title><link>https://example.org/1</link><pubDate>2025-10-13</pubDate></item></channel></rss>";
    let reader = subscribed(&format!("{whole}\n<!-- cached -->\n<br/>"));
    let said = reader.on(13, "paperpick sync");
    assert!(!said.contains("[exit") && said.contains("1 added"), "{said}");
    assert_eq!(reader.server.world(|world| world.log.len()), 1);
    for (name, body) in [
        ("a page", "<!DOCTYPE html><html><head><title>Moved</title></head><body><p>The feed is gone.</body>"),
        ("JSON", "{\"error\": \"gone\"}"),
        ("nothing", " \n"),
    ] {
        let reader = subscribed(body);
        let said = reader.on(13, "paperpick sync");
        assert!(
            said.contains("the answer is ")
                && said.contains("could not repair feed:lab 2025-10-13")
                && !said.contains("tried"),
            "{name}: {said}"
        );
        assert_eq!(reader.server.world(|world| world.log.len()), 1, "{name}");
    }
    let reader = subscribed(whole);
    reader.server.world(|world| world.scripted.push_back(("/lab.xml", Fault::CutOff)));
    let said = reader.on(13, "paperpick sync");
    assert!(said.contains("1 added"), "{said}");
    assert_eq!(reader.server.world(|world| world.log.len()), 2, "asked again");
}

#[test]
fn what_another_reader_sees_in_a_feed_is_seen() {
    let feed = "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>Lab</title><link>https://example.org</link><description>d</description>\
        <item><title>A &amp; b</title><link>https://example.org/1</link><pubDate>Mon, 06 May 2024 10:00:00 GMT</pubDate></item>\
        <item><title><![CDATA[Caf&eacute; &lt; bar]]></title><link>https://example.org/2</link><dc:date>2024-05-07T10:00:00Z</dc:date></item></channel></rss>";
    let theirs = feed_rs::parser::parse(feed.as_bytes()).unwrap();
    let ours = papers(&[("feed.xml", feed.as_bytes())]);
    for (ours, theirs) in ours.iter().zip(&theirs.entries) {
        assert_eq!(ours["facts"]["link"].as_str().unwrap(), theirs.links[0].href);
        let day = theirs.published.unwrap().date_naive().to_string();
        assert_eq!(ours["listings"][0]["day"].as_str().unwrap(), day);
    }
    assert_eq!((ours.len(), theirs.entries.len()), (2, 2));
    assert_eq!(field(&ours, "title"), ["A & b", "Café < bar"]);
}
