//! Lists the files of the web client, as `make build` puts them there, for the daemon to embed. Where
//! they are not built, the daemon has no pages, and everything else works.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const DIST: &str = "../web-client/dist";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join(DIST);
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in files.iter().filter(|file| !is_packed(file)) {
        table.push_str(&entry(&root, file)?);
    }
    table.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("pages.rs"), table)?;
    Ok(())
}

/// A file as a line of the table.
fn entry(root: &Path, file: &Path) -> Result<String, Box<dyn Error>> {
    let name = text(file.strip_prefix(root)?)?;
    let packed = PathBuf::from(format!("{}.gz", text(file)?));
    let packed = if packed.is_file() {
        format!("Some(include_bytes!({:?}))", text(&packed)?)
    } else {
        "None".into()
    };
    Ok(format!(
        "Page {{ path: {:?}, kind: {:?}, bytes: include_bytes!({:?}), packed: {packed}, keep: Keep::{} }},\n",
        route(name),
        kind(file).ok_or_else(|| format!("{name}: a kind of file that is not known"))?,
        text(file)?,
        keep(name),
    ))
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| format!("{}: a file name that is no text", path.display()))
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !is_hidden(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// What keeps the folder there when nothing is built.
fn is_hidden(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with('.'))
}

fn is_packed(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "gz")
}

fn route(name: &str) -> String {
    match name {
        "index.html" => "/".into(),
        _ => format!("/{name}"),
    }
}

fn kind(file: &Path) -> Option<&'static str> {
    Some(match file.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

/// The page names what belongs to it by its content; the page itself is never kept.
fn keep(name: &str) -> &'static str {
    if name == "index.html" {
        "Never"
    } else if name.starts_with("assets/") {
        "Forever"
    } else {
        "Asking"
    }
}
