//! The words of the pages, in English and Korean.

use std::fmt::Display;

use axum::http::{HeaderMap, header};

use crate::present::count::{counted, grouped};
use crate::present::korean::in_korean;
use crate::present::{self, is_surprising, unsaid};
use crate::recommend::{Band, Reason};
use crate::verbs::search::Unsaid;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Korean.
    Ko,
}

impl Language {
    /// What the reader chose, or else what the browser prefers.
    pub fn of(headers: &HeaderMap) -> Self {
        let chosen = cookie(headers, "language");
        let preferred = || headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self::named(chosen.or_else(preferred).unwrap_or_default())
    }

    /// Korean if that is what a name begins with.
    pub fn named(name: &str) -> Self {
        if name.trim_start().starts_with("ko") { Self::Ko } else { Self::En }
    }

    /// The words in this language.
    pub fn words(self) -> &'static Words {
        match self {
            Self::En => &ENGLISH,
            Self::Ko => &KOREAN,
        }
    }
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

impl Words {
    /// A part of a score.
    pub fn part(&self, name: &str) -> String {
        let known = match name {
            "meaning" => self.meaning,
            "terms" => self.terms,
            "authors" => self.authors,
            "categories" => self.categories,
            "votes" => self.votes,
            "interest" => self.interest,
            "page" => self.page,
            other => other,
        };
        known.to_owned()
    }
}

impl Words {
    /// `1 vote`, `2 votes`; Korean has no plural.
    pub fn counted_votes(&self, n: impl Display) -> String {
        if self.code == "ko" { format!("추천 {}", grouped(n)) } else { counted(n, "vote") }
    }

    /// `1 paper`, `2 papers`.
    pub fn counted_papers(&self, n: impl Display) -> String {
        if self.code == "ko" { format!("{}편", grouped(n)) } else { counted(n, "paper") }
    }

    /// `1 more paper`, `2 more papers`.
    pub fn more_papers(&self, n: impl Display) -> String {
        if self.code == "ko" { format!("{}편 더 보기", grouped(n)) } else { counted(n, "more paper") }
    }

    /// `1 day`, `2 days`.
    pub fn counted_days(&self, n: impl Display) -> String {
        if self.code == "ko" { format!("{}일", grouped(n)) } else { counted(n, "day") }
    }

    /// What became of a word that hardly any paper says.
    pub fn unsaid(&self, word: &Unsaid) -> String {
        let Unsaid { word: typed, papers, instead } = word;
        match (papers, instead) {
            _ if self.code != "ko" => unsaid(word),
            (0, None) => format!("`{typed}`이(가) 나오는 논문이 없습니다."),
            (0, Some(instead)) => format!("`{typed}`이(가) 나오는 논문이 없어 `{instead}`(으)로 찾았습니다."),
            (n, Some(instead)) => {
                format!("`{typed}`이(가) 나오는 논문은 {n}편입니다. `{instead}`을(를) 찾으셨나요?")
            }
            (n, None) => format!("`{typed}`이(가) 나오는 논문은 {n}편입니다."),
        }
    }

    /// A paper that the library does not have.
    pub fn not_here(&self, id: &str) -> String {
        match self.code {
            "ko" => format!("{id}은(는) 이 서재에 없는 논문입니다."),
            _ => format!("{id} is not in this library."),
        }
    }

    /// What the library says, in the language of the page; `None` where the catalogue does not have it.
    pub fn told(&self, text: &str) -> Option<String> {
        if self.code == "ko" { in_korean(text) } else { Some(text.to_owned()) }
    }

    /// What went wrong, in a language that the library does not speak.
    pub fn problem_in_words(&self, kind: &str) -> Option<&'static str> {
        let kind = kind.rsplit('#').next().filter(|_| self.code == "ko")?;
        Some(match kind {
            "not-found" => "이 주소에는 아무것도 없습니다.",
            "unknown-paper" => "서재에 없는 논문입니다.",
            "bad-identifier" => "논문 식별자가 아닙니다.",
            "nothing-listed" => "보여 드릴 논문이 없습니다.",
            "bad-request" => "요청을 이해할 수 없습니다.",
            "unrecognised-file" => "읽을 수 없는 파일 형식입니다.",
            "too-large" => "파일이 너무 큽니다. 32MB까지 보낼 수 있습니다.",
            "not-allowed" => "이 계정으로는 할 수 없습니다.",
            "over-quota" => "오늘 가져올 수 있는 양을 넘었습니다.",
            "too-many" => "시도가 너무 많습니다. 잠시 뒤에 다시 해 주세요.",
            "busy" | "too-slow" => "서버가 바쁩니다. 잠시 뒤에 다시 해 주세요.",
            _ => return None,
        })
    }

    /// How likely a like is.
    pub fn band(&self, band: Band) -> &'static str {
        match band {
            Band::ForYou => self.for_you,
            Band::Maybe => self.maybe,
            Band::Unlikely => self.unlikely,
        }
    }

    /// The same, with the share of papers that are less likely.
    pub fn likelihood(&self, band: Band, above: Option<u8>) -> String {
        let (name, Some(n)) = (self.band(band), above) else { return self.band(band).to_owned() };
        match (self.code, is_surprising(band, n)) {
            ("ko", false) => format!("{name} · 100편 중 {n}편보다 위"),
            ("ko", true) => format!("{name}, 그래도 100편 중 {n}편보다 위"),
            (_, false) => format!("{name} · {}", present::above(band, n)),
            (_, true) => format!("{name}, {}", present::above(band, n)),
        }
    }

    /// Why a paper is picked.
    pub fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::NearLike { title } => format!("{}: {title}", self.near_your_like),
            Reason::NearDislike { title } => format!("{}: {title}", self.near_your_dislike),
            Reason::Liked => self.you_liked_it.to_owned(),
            Reason::Disliked => self.you_disliked_it.to_owned(),
            Reason::NearNothing => self.near_nothing.to_owned(),
            Reason::Votes(Some(n)) => self.counted_votes(n),
            Reason::Votes(None) => self.votes_unknown.to_owned(),
        }
    }
}

macro_rules! words {
    ($($name:ident: $english:literal, $korean:literal;)*) => {
        /// Every word of the pages in one language.
        #[derive(Debug)]
        pub struct Words { $(pub $name: &'static str,)* }
        static ENGLISH: Words = Words { $($name: $english,)* };
        static KOREAN: Words = Words { $($name: $korean,)* };
    };
}

words! {
    code: "en", "ko";
    other_code: "ko", "en";
    other_name: "한국어", "English";
    skip: "Skip to the papers", "논문으로 건너뛰기";
    pages: "Pages", "페이지";
    today: "Today", "오늘";
    topics: "Topics", "주제";
    search: "Search", "검색";
    me: "Me", "나";
    api: "API", "API";
    guest_help: "As a guest you read and rate; an owner can make you a member.", "손님은 읽고 평가할 수 있습니다. 서재 주인이 구성원으로 바꿔 줄 수 있습니다.";
    search_for: "Search papers", "논문 검색";
    keys: "Keys", "단축키";
    key_move: "next and previous paper", "다음 논문, 이전 논문";
    key_open: "open the paper", "논문 열기";
    close: "Close", "닫기";
    like: "Like", "좋아요";
    dislike: "Dislike", "별로예요";
    save: "Save", "저장";
    saved: "Saved", "저장한 논문";
    votes: "votes", "추천 수";
    score: "Score", "점수";
    for_you: "for you", "취향에 맞음";
    maybe: "maybe", "어쩌면";
    unlikely: "unlikely", "관심 밖";
    why_near: "It is near what you liked", "좋아한 논문과 가깝습니다";
    why_words: "These words and names speak for it", "이런 말과 이름이 점수를 올립니다";
    why_against: "Against it", "점수를 내리는 것";
    days: "Days", "날짜";
    gap: "papers are missing; `paperpick sync` tries again", "빠진 논문이 있습니다. `paperpick sync`로 다시 받습니다";
    newest: "Newest day", "가장 최근";
    ranked: "Ranked", "순위";
    by_topic: "By topic", "주제별";
    by_interest: "By interest", "관심사별";
    interest: "interest", "관심사";
    page: "Hugging Face's page, or a digest", "허깅페이스 목록이나 다이제스트";
    why: "Why it has its score", "왜 이 점수인가요";
    why_help: "The parts add up to the sum, and the score is the probability that goes with it.", "각 부분을 더하면 합이 되고, 점수는 그 합에 해당하는 확률입니다.";
    why_ratings: "Ratings that count most here", "가장 크게 작용한 평가";
    sum: "Sum", "합";
    meaning: "meaning", "의미";
    terms: "words", "단어";
    authors: "authors", "저자";
    categories: "categories", "분야";
    every_paper: "what every paper gets", "모든 논문에 공통";
    interests: "Interests", "관심사";
    interests_help: "Found in what you like. Name them, join them, cut them, give them more places or none.", "좋아요한 논문에서 찾았습니다. 이름을 짓고, 합치고, 나누고, 더 보거나 숨길 수 있습니다.";
    pin: "More of it", "더 보기";
    pinned: "more", "더 보기";
    mute: "Mute", "숨기기";
    muted: "muted", "숨김";
    split: "Cut in two", "둘로 나누기";
    rename: "Rename", "이름 바꾸기";
    merge: "Join", "합치기";
    merge_with: "Join with", "합칠 관심사";
    no_votes: "Nobody has voted yet. Like a paper, and the order becomes yours.", "아직 추천이 없습니다. 논문에 좋아요를 누르면 나에게 맞는 순서가 됩니다.";
    none_likely: "None of these is likely to be for you.", "취향에 맞을 만한 논문이 없는 날입니다.";
    by_votes: "Ordered by votes. Like a paper, and the order becomes yours.", "추천 순입니다. 논문에 좋아요를 누르면 나에게 맞는 순서가 됩니다.";
    by_ratings: "in your own order, by", "내 취향 순서, 기준:";
    likes: "likes", "좋아요";
    dislikes: "dislikes", "별로예요";
    more: "Show more", "더 보기";
    short_list: "Short list", "짧은 목록";
    full_list: "With summaries", "요약까지 보기";
    liked_of_day: "Liked already", "이미 좋아한 논문";
    topics_of_day: "Topics of the day", "이날의 주제";
    alone: "On their own", "따로 있는 논문";
    groups: "Groups", "그룹";
    words: "Words", "검색어";
    category: "Category", "분야";
    any: "any", "전체";
    from: "From", "시작일";
    to: "To", "종료일";
    least_votes: "Votes, at least", "최소 추천 수";
    filters: "Filters", "필터";
    find: "Find", "찾기";
    nothing_found: "No paper in the library fits. Fewer or other words, or no filters, may find one.", "맞는 논문이 없습니다. 검색어를 줄이거나 필터를 풀어 보세요.";
    search_hint: "Words or a whole sentence, in English or Korean: papers that say it, and papers that mean it. Also: \"a phrase\", -word, author:NAME, category:cs.CL, since:2025-05.", "영어나 한국어 낱말 또는 문장으로 찾습니다. 같은 말이 나오는 논문과 뜻이 비슷한 논문을 함께 보여 줍니다. \"구절\", -제외할말, author:이름, category:cs.CL, since:2025-05도 쓸 수 있습니다.";
    similar: "Similar papers", "비슷한 논문";
    abstract_: "Abstract", "초록";
    summary: "Summary", "요약";
    summary_by: "Summary by {}, a language model", "{} 언어 모델이 쓴 요약";
    summarize: "Summarise", "요약하기";
    summary_en: "Summary, English", "요약 (영어)";
    summary_ko: "Summary, Korean", "요약 (한국어)";
    links: "Links", "링크";
    cite: "Cite", "인용";
    copy: "Copy", "복사";
    copied: "Copied", "복사했습니다";
    listed: "Listed", "실린 날";
    published: "Published", "제출일";
    updated: "Updated", "수정된 날";
    identifier: "Identifier", "식별자";
    your_ratings: "What you have rated", "내가 평가한 논문";
    no_ratings: "Nothing yet. Like or dislike papers, and each day comes in your own order.", "아직 없습니다. 논문을 평가하면 매일 나에게 맞는 순서로 보여 드립니다.";
    undo: "Undo", "되돌리기";
    disliked_now: "You disliked", "별로예요로 표시:";
    hidden_now: "You hid the topic", "숨긴 주제:";
    take_back: "Take back", "취소";
    not_here_yet: "not in the library yet", "아직 서재에 없음";
    library: "Library", "서재";
    import: "Import", "가져오기";
    import_help: "A digest in Markdown, Hugging Face's daily papers, arXiv's Atom, a BibTeX file or lines of JSON; also compressed with gzip; up to 32 MB.", "마크다운 다이제스트, 허깅페이스 데일리 페이퍼, arXiv Atom, BibTeX, JSON Lines 파일. gzip 압축도 됩니다. 최대 32MB.";
    file: "File", "파일";
    export: "Export every paper", "모든 논문 내보내기";
    export_likes: "What you like, as", "좋아요한 논문:";
    imported: "Imported", "가져오기 완료";
    added: "added", "추가";
    unchanged: "unchanged", "변경 없음";
    merged: "updated", "갱신";
    broken: "could not be read", "읽을 수 없음";
    welcome: "Welcome to paperpick", "paperpick에 오신 것을 환영합니다";
    welcome_help: "This library is empty. Three ways to begin; everything stays on this machine.", "서재가 비어 있습니다. 시작하는 방법은 세 가지이며, 모든 자료는 이 컴퓨터에만 남습니다.";
    take_sample: "Take the sample", "예제로 시작하기";
    sample_help: "Eighty papers of early 2024, with one day's digest in Korean: enough to see everything work.", "2024년 초 논문 80편과 하루치 한국어 다이제스트. 모든 기능을 바로 볼 수 있습니다.";
    drop_file: "Bring a file", "파일 가져오기";
    sign_in: "Sign in", "로그인";
    sign_out: "Sign out", "로그아웃";
    name: "Name", "이름";
    password: "Password", "비밀번호";
    new_password: "New password", "새 비밀번호";
    old_password: "Present password", "현재 비밀번호";
    change_password: "Change the password", "비밀번호 바꾸기";
    wrong_password: "The name or the password is not right.", "이름이나 비밀번호가 맞지 않습니다.";
    account: "Account", "계정";
    tokens: "Tokens for the API and feeds", "API·피드 토큰";
    tokens_help: "A program shows a token instead of a password: Authorization: Bearer TOKEN. It is shown once, and works until it is revoked.", "프로그램은 비밀번호 대신 토큰을 씁니다: Authorization: Bearer TOKEN. 한 번만 보여 주며, 폐기할 때까지 유효합니다.";
    new_token: "Make a token", "토큰 만들기";
    token_for: "What for", "용도";
    revoke: "Revoke", "폐기";
    your_token: "Your new token; it is not shown again", "새 토큰입니다. 다시 보여 드리지 않습니다";
    feeds: "Feeds", "피드";
    feeds_help: "For a feed reader: your picks, each of your interests, and each topic that you follow.", "피드 리더에서 구독하세요. 추천 논문, 관심사별, 팔로우한 주제별 피드입니다.";
    make_feeds: "Make addresses for a feed reader", "피드 주소 만들기";
    map: "Map", "지도";
    map_help: "Each dot is a paper: larger with more votes, ringed if you like it; papers that are alike lie near each other.", "점 하나가 논문 하나입니다. 추천이 많을수록 크고, 좋아요한 논문은 테두리가 있으며, 비슷한 논문끼리 가까이 있습니다.";
    zoom_in: "Zoom in", "확대";
    zoom_out: "Zoom out", "축소";
    over_time: "Over time", "기간별 추이";
    topic: "Topic", "주제";
    follow: "Follow", "팔로우";
    followed: "Following", "팔로우 중";
    liked: "Liked", "좋아하는 주제";
    not_this_topic: "Not this topic", "이 주제 숨기기";
    muted_topics: "Topics that you muted", "숨긴 주제";
    show_again: "Show again", "다시 보기";
    this_week: "this week", "이번 주";
    answers: "Answers", "응답";
    papers_each_day: "Papers each day", "날짜별 논문";
    no_threads: "No topic has three papers in these days yet. It takes a few days of listings.", "아직 논문이 세 편 이상인 주제가 없습니다. 며칠치 목록이 더 필요합니다.";
    sync: "Sync", "동기화";
    sync_help: "Fetch today's papers from arXiv and Hugging Face, politely; this is the only thing here that uses the network.", "arXiv와 허깅페이스에서 오늘의 논문을 받아옵니다. 네트워크를 쓰는 유일한 기능입니다.";
    sync_now: "Sync now", "지금 동기화";
    arxiv_categories: "Categories of arXiv", "arXiv 분야";
    hugging_face: "Hugging Face's daily papers", "허깅페이스 데일리 페이퍼";
    work: "Work", "작업";
    working: "Working", "작업 중";
    work_done: "Done", "완료";
    steps: "Steps", "진행";
    places_of: "Places it keeps, of", "목록에서 항상 차지할 자리, 전체";
    set_places: "Keep", "정하기";
    near_your_like: "near your like", "좋아요한 논문과 비슷";
    near_your_dislike: "near your dislike", "별로라고 한 논문과 비슷";
    near_nothing: "near nothing that you rated", "평가한 논문 중 비슷한 것 없음";
    votes_unknown: "votes unknown", "추천 수 알 수 없음";
    you_liked_it: "you liked it", "좋아요를 누른 논문";
    you_disliked_it: "you disliked it", "별로라고 한 논문";
    topics_of_the_day: "those of the day", "그날의 주제";
    keeps: "places kept:", "목록에서 차지하는 자리:";
    learned_words: "Words that were learned", "학습한 단어";
    learned_names: "Authors and categories", "저자와 분야";
    learned_words_help: "What each adds on average to the score of a paper that has it.", "해당 단어나 저자가 있는 논문의 점수에 평균적으로 더해지는 값입니다.";
    quality: "How good the order is", "추천 품질";
    quality_help: "Each past day ranked by what you had liked before it, against what you liked on it. 1 is perfect.", "지난 날마다 그 전의 평가로 순위를 매겨, 그날 좋아한 논문과 비교합니다. 1이면 완벽합니다.";
    measure: "Measure it", "측정하기";
    start: "Ten questions", "열 가지 질문";
    start_help: "Ten papers, chosen so that each answer tells the most.", "답할 때마다 가장 많이 배울 수 있는 논문 열 편을 고릅니다.";
    start_about: "What do you work on? (if you like)", "무엇을 연구하시나요? (선택)";
    start_done: "That is all. Today's papers are in your order now.", "끝났습니다. 이제 오늘의 논문이 내 취향 순서로 나옵니다.";
    skip_question: "Cannot say", "모르겠어요";
    likes_import: "Bring your likes", "좋아하는 논문 가져오기";
    likes_import_help: "BibTeX, RIS, Zotero, Semantic Scholar, or identifiers, one a line: every paper of it is liked.", "BibTeX, RIS, Zotero, Semantic Scholar 파일 또는 한 줄에 하나씩 적은 식별자. 모두 좋아요로 기록합니다.";
    like_all: "Like them all", "모두 좋아요";
    back: "Back", "돌아가기";
    problem: "That did not work", "처리하지 못했습니다";
    nothing: "Nothing to show", "보여 드릴 것이 없습니다";
    api_help: "The verbs of the command line at addresses. Answers have the shapes of --json; lists come in pieces.", "모든 명령을 주소로 쓸 수 있습니다. 응답은 --json과 같은 모양이며, 목록은 나누어 옵니다.";
    size_papers: "All", "전체";
    size_days: "Days", "날짜 수";
}
