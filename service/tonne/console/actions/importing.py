"""Importing a file: sent and guessed, then tried, then posted; each is `tonne import`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.console.actions.action import Action, Done, Prepared
from tonne.console.actions.effects import words
from tonne.console.actions.imported import (
    DIFFERING,
    NEGATIVE,
    REPEATS,
    earlier,
    facts,
    option_fields,
    outcome_blocks,
    records_table,
    tried_blocks,
)
from tonne.console.parts.blocks import Command, Field, Heading, Lines, Links, Text
from tonne.console.uploading.command import AS_RECORDS, CORRECT, options_of
from tonne.console.uploading.uploads import FILE_BYTES_MAX, UploadGone
from tonne.errors import FieldInvalid
from tonne.text.visible import visible, visible_json

if TYPE_CHECKING:
    from tonne.console.actions.action import Said
    from tonne.console.parts.blocks import Block
    from tonne.console.uploading.command import Imports
    from tonne.console.uploading.uploads import Upload
    from tonne.console.visits import Visit

CALL = "CreateImport"

GUESS = "guess"
"""Stands for a profile that is made from the file."""

ANSWER = "answer."
"""Begins the names of the fields that answer questions."""

HEADINGS = ("The file", "What the file does not say", "Go on")
"""Of the forms: to send a file, to answer questions, to try it."""

PROFILE_CHARS_MAX = 40_000

SUFFIXES = ".csv,.tsv,.txt,.xlsx,.xlsm,.xlsb,.xls,.ods,.json,.jsonl,.ndjson,.parquet,.arrow"


def send_prepared(visit: Visit) -> Prepared:
    """Ask for a file, and show what came in before."""
    say = visit.say
    imports = visit.imports
    profiles = [
        (GUESS, say("made from the file")),
        (AS_RECORDS, say("none: its columns are those of a record")),
    ]
    profiles += [(each, each) for each in (imports.run.profiles if imports else ())]
    size = f"{FILE_BYTES_MAX >> 20} MiB"
    limits = say(
        "At most {size}; larger ones, folders and pipes are the command's. The file is kept for "
        "an hour by this console, and no longer.",
        size=size,
    )
    return Prepared(
        say("Import a file"),
        say("A table as people have it. Nothing is posted before you have seen what it changes."),
        [Lines([limits], "note")],
        say("Send and look"),
        [
            Command(words(visit, "import", "FILE", "--guess")),
            Command(words(visit, "import", "FILE", "--profile", "PROFILE", "--dry-run")),
        ],
        visit.link(""),
        fields=[
            Field("file", say("File"), "", hint=SUFFIXES, input_type="file", is_required=True),
            Field("profile", say("Profile"), visit.given("profile"), profiles),
        ],
        refusal="" if imports else say("This console takes no files: run the command below."),
        has_reason=False,
        heading=HEADINGS[0],
        after=[earlier(visit)],
    )


def send(visit: Visit, _said: Said) -> Done:
    """Keep a file, and guess a profile for it where none was chosen."""
    imports = _imports(visit)
    sent = visit.file
    if sent is None or not sent.name:
        raise FieldInvalid("file: expected a file; got none", metadata={"field": "file"})
    known = (GUESS, AS_RECORDS, *imports.run.profiles)
    profile = visit.given("profile", known, GUESS)
    upload = imports.uploads.keep(visit.book, visit.rights.caller, sent.name, sent.content)
    upload.options = {"channel": "import"}
    if profile == GUESS:
        try:
            upload.draft = imports.guess(upload, visit.token)
        except BaseException:
            imports.uploads.drop(upload)
            raise
    else:
        upload.profile = profile
    return Done(visit.place("import", upload.id), "")


def try_prepared(visit: Visit) -> Prepared:
    """Show what was guessed, and ask what the file leaves open."""
    say, upload = visit.say, _upload(visit)
    draft = upload.draft
    questions: list[dict[str, str]] = draft.get("questions", [])
    blocks: list[Block] = [facts(visit, upload)]
    after: list[Block] = []
    if questions:
        text = say("{count} questions are open: the file does not say.", count=len(questions))
        blocks.append(Lines([text], "warning"))
    if draft:
        if draft["remark"]:
            blocks.append(Lines([draft["remark"]], "note"))
        title = say("The first rows, as the records that they would become")
        blocks.append(
            records_table(visit, title, draft["records"], say("No row can be shown yet."))
        )
        if draft["assumptions"]:
            after = [Heading(say("What was assumed")), Lines(draft["assumptions"], "tight")]
    fields = [
        Field(
            f"{ANSWER}{each['key']}",
            each["key"],
            visit.query.get(f"{ANSWER}{each['key']}", ""),
            hint=each["tried"],
            below=each["text"],
        )
        for each in questions
    ]
    text = upload.profile_text
    further = [*option_fields(visit, upload)]
    if not upload.profile:
        # What hides in a name of a column is seen, and is the same to a reader of TOML.
        shown = visit.query.get("text") or visible_json(text)
        further.append(Field("text", say("The profile"), shown, rows=18))
    file = upload.name
    return Prepared(
        say("Import {file}", file=visible(file)),
        say("Next the server says what would become of each record. Nothing is posted."),
        blocks,
        say("Answer, and try it") if questions else say("Try it"),
        [Command(words(visit, "import", file, *options_of(upload)[2:], "--dry-run"))],
        visit.link("import"),
        fields=fields if upload.profile or questions else [],
        has_reason=False,
        further=further,
        further_title=say("Channel, repeats and the profile"),
        heading=HEADINGS[1] if questions else HEADINGS[2],
        after=after,
    )


def try_it(visit: Visit, _said: Said) -> Done:
    """Take answers and the profile, and have the server say what would become of the records."""
    imports, upload = _imports(visit), _upload(visit)
    with upload.lock:
        _check_there(upload)
        upload.options = {
            "channel": visit.given("channel") or "import",
            "constants": visit.given("constants"),
            "repeats": visit.given("repeats", tuple(REPEATS), "stop"),
            "differing": visit.given("differing", tuple(DIFFERING), "stop"),
            "negative": visit.given("negative", tuple(NEGATIVE), "corrections"),
        }
        upload.tried = {}
        if not upload.profile:
            _take_profile(visit, imports, upload)
        if upload.draft.get("questions"):
            return Done(visit.place("import", upload.id), "")
        upload.tried = imports.attempt(upload, visit.token)
    return Done(visit.place("import", upload.id, "post"), "")


def _take_profile(visit: Visit, imports: Imports, upload: Upload) -> None:
    """Keep the profile as it was typed; else guess anew with the answers."""
    typed = visit.query.get("text", "").replace("\r\n", "\n")
    if len(typed) > PROFILE_CHARS_MAX:
        raise FieldInvalid(
            f"text: expected a profile of at most {PROFILE_CHARS_MAX} characters; got "
            f"{len(typed)}",
            metadata={"field": "text"},
        )
    if typed.strip() and typed.strip() != visible_json(upload.profile_text).strip():
        upload.write_profile(typed)
        upload.draft = {**upload.draft, "questions": []}
        return
    new = [
        f"{name.removeprefix(ANSWER)}={value.strip()}"
        for name, value in visit.query.multi_items()
        if name.startswith(ANSWER) and value.strip()
    ]
    if new:
        answers = [*upload.draft.get("answers", []), *new]
        upload.draft = imports.guess(upload, visit.token, answers) | {"answers": answers}


def post_prepared(visit: Visit) -> Prepared:
    """Show what a try said, or what has become of the file."""
    say, upload = visit.say, _upload(visit)
    title = say("Import {file}", file=visible(upload.name))
    back = visit.link("import", upload.id)
    if upload.outcome:
        return Prepared(
            title,
            say("It is done."),
            outcome_blocks(visit, upload),
            "",
            [],
            visit.link("import"),
            refusal=say("Sent again, the same file posts nothing more."),
        )
    tried = upload.tried
    if not tried:
        return Prepared(title, "", [], "", [], back, refusal=say("It was not tried yet."))
    blocks: list[Block] = [facts(visit, upload)]
    refusal = ""
    if "records" not in tried:
        blocks.append(Lines(tried["said"], "warning"))
        refusal = say("Nothing would be posted: see above.")
    else:
        blocks += tried_blocks(visit, upload)
        if not tried["records"] and upload.options.get("differing") != CORRECT:
            refusal = say("There is nothing to post.")
    if refusal:
        links = [
            Text(say("Change how it is read"), back),
            Text(say("Import another file"), visit.link("import")),
        ]
        blocks.append(Links(say(HEADINGS[2]), links, is_titled=True))
    is_correcting = upload.options.get("differing") == CORRECT
    return Prepared(
        title,
        say("The records are posted to channel {channel}.", channel=upload.options["channel"]),
        blocks,
        say("Import the file"),
        [Command(words(visit, "import", upload.name, *options_of(upload)[2:]))],
        back,
        refusal=refusal,
        has_reason=is_correcting,
    )


def post(visit: Visit, said: Said) -> Done:
    """Import the file, once; what a browser that left does not see stands in the ledger."""
    imports, upload = _imports(visit), _upload(visit)
    place = visit.place("import", upload.id, "post")
    with upload.lock:
        if upload.outcome:
            return Done(place, "")
        _check_there(upload)
        if not upload.tried:
            raise FieldInvalid(
                "file: expected one that was tried: have it shown what it changes, and send that",
                metadata={"field": "file", "value": upload.name},
            )
        why: list[str] = []
        if upload.options.get("differing") == CORRECT:
            why = [f"--reason={said.reason}", f"--author={said.author}"]
        outcome = imports.bring(upload, visit.token, *why)
        if "records" not in outcome:
            raise FieldInvalid(
                " ".join(outcome["said"]), metadata={"field": "file", "value": upload.name}
            )
        upload.outcome = outcome
        imports.uploads.drop(upload)
    return Done(place, "")


def _imports(visit: Visit) -> Imports:
    if visit.imports is None:
        raise UploadGone("this console takes no files: run `tonne import`")
    return visit.imports


def _upload(visit: Visit) -> Upload:
    caller = visit.rights.caller if visit.rights.takes_actions else ""
    return _imports(visit).uploads.find(visit.book, caller, visit.values["upload"])


def _check_there(upload: Upload) -> None:
    """See that the file is there: it goes once it is imported. Raises `FieldInvalid`."""
    if upload.outcome:
        raise FieldInvalid(
            f"{upload.name} is imported: `tonne import` posts nothing of it again; to correct "
            "records, send the file that has them",
            metadata={"field": "file", "value": upload.name},
        )


ACTIONS = {
    "/books/{book}/import": Action(CALL, send_prepared, send, takes_file=True),
    "/books/{book}/import/{upload}": Action(CALL, try_prepared, try_it),
    "/books/{book}/import/{upload}/post": Action(CALL, post_prepared, post),
}
"""By their paths."""
