package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"kinora/inference/weights/gguf"
	"kinora/inference/weights/mapped"
	"kinora/inference/weights/pth"
	"kinora/inference/weights/safetensors"
)

// formats lists every file format, told apart by how a file begins.
var formats = []struct {
	name  string
	known func(head []byte) bool
	read  func(*mapped.File) (Source, error)
}{
	{"safetensors", begins(8, "{"), func(f *mapped.File) (Source, error) { return own(safetensors.Read(f)) }},
	{"GGUF", begins(0, "GGUF"), func(f *mapped.File) (Source, error) { return own(gguf.Read(f)) }},
	{"PyTorch", begins(0, "PK"), func(f *mapped.File) (Source, error) { return own(pth.Read(f)) }},
}

// strangers lists what else lies under a checkpoint's name, and what to say then.
var strangers = []struct {
	known func(head []byte) bool
	say   string
}{
	{begins(0, "version https://git-lfs"), "is only a Git LFS pointer, not the model itself; run git lfs pull, or download the file"},
	{begins(0, "<"), "is a web page, not a model; the download was answered with a page, perhaps one asking to log in"},
	{begins(0, "\x80\x02"), "is in PyTorch's format from before 2020, which cannot be read safely; save it again as safetensors"},
	{begins(0, "\x00\x00\x00\x00\x00\x00\x00\x00"), "is all zeros at its start: a download that was set up but not finished"},
}

func begins(at int, with string) func([]byte) bool {
	return func(head []byte) bool { return len(head) > at && bytes.HasPrefix(head[at:], []byte(with)) }
}

// own spares each format the question whether a nil *File is a nil Source.
func own[S Source](s S, err error) (Source, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Open opens a checkpoint: a file in any format of the list, an index of shards,
// or a folder with one of these in it. The format is found from what the file
// holds, never from its name.
func Open(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openFolder(path)
	}
	s, err := openFile(path)
	if errors.Is(err, errJSON) {
		return openIndex(path)
	}
	return s, err
}

// errJSON means that a file is no checkpoint, but may be an index of some.
var errJSON = errors.New("JSON, not a checkpoint")

func openFile(path string) (Source, error) {
	f, err := mapped.Open(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, min(64, f.Size()))
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	for _, format := range formats {
		if !format.known(head) {
			continue
		}
		s, err := format.read(f)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
		}
		return s, nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")) {
		return nil, fmt.Errorf("%s is %w", path, errJSON)
	}
	for _, s := range strangers {
		if s.known(head) {
			return nil, fmt.Errorf("%s %s", path, s.say)
		}
	}
	return nil, fmt.Errorf("%s is not a model file that this program knows (%s)", path, names())
}

func names() string {
	var b bytes.Buffer
	for i, f := range formats {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.name)
	}
	return b.String()
}
