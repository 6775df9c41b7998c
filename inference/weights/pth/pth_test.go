package pth

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference/weights/mapped"
	"kinora/inference/weights/safetensors"
)

// The file that torch itself wrote must hold what it wrote beside it in another
// format.
func TestReadsWhatTorchWrites(t *testing.T) {
	f, err := Open(filepath.Join("testdata", "real.pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := safetensors.Open(filepath.Join("testdata", "real.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	if got, want := strings.Join(f.Names(), " "), strings.Join(want.Names(), " "); got != want {
		t.Errorf("names %s, want %s", got, want)
	}
	for _, name := range want.Names() {
		wd, ws, _ := want.Info(name)
		d, s, ok := f.Info(name)
		if !ok || d != wd || !s.Equal(ws) {
			t.Errorf("%s: %v %v, want %v %v", name, d, s, wd, ws)
			continue
		}
		wb, err := want.Bytes(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := f.Bytes(name)
		if err != nil || !bytes.Equal(b, wb) {
			t.Errorf("%s: bytes %v, want %v (%v)", name, b, wb, err)
		}
		dst := make([]byte, len(wb))
		if err := f.Read(name, dst); err != nil || !bytes.Equal(dst, wb) {
			t.Errorf("%s: Read gives %v, want %v (%v)", name, dst, wb, err)
		}
		if err := f.Read(name, append(dst, 0)); err == nil {
			t.Errorf("%s: Read fills too much room", name)
		}
	}
	if _, err := f.Bytes("none"); err == nil {
		t.Error("bytes of a tensor that is not there")
	}
	if err := f.Read("none", nil); err == nil {
		t.Error("read of a tensor that is not there")
	}
}

func TestPickleFlaws(t *testing.T) {
	const max = int64(1<<63 - 1)
	ok := floats(0, nums(2, 3), nums(3, 1))
	deep := ok
	for range maxNesting + 1 {
		deep = table(text("t"), deep)
	}
	for _, c := range []struct{ name, pickle, want string }{
		{"empty", "", "ends too soon"},
		{"no end", "\x80\x02}", "ends too soon"},
		{"bytes behind the end", pickle(table(text("w"), ok)) + "x", "1 bytes behind the end"},
		{"nothing left", "\x80\x02.", "0 values are left"},
		{"two left", "\x80\x02NN.", "2 values are left"},
		{"open mark", "\x80\x02}(.", "1 values are left at the end, want 1"},
		{"protocol 4", "\x80\x04N.", "pickle protocol 4"},
		{"no tensors", pickle("}"), "holds no tensors"},
		{"not a table", pickle(ok), "holds no tensors"},
		{"run a command", pickle(name("posix", "system") + "(" + text("true") + "tR"), `refused: it asks for "posix.system"`},
		{"eval", pickle(name("builtins", "eval") + "(" + text("1") + "tR"), `refused: it asks for "builtins.eval"`},
		{"dots in the name", pickle(name("torch", "_utils._rebuild_tensor_v2.__globals__")), "refused"},
		{"object without a call", pickle("c__builtin__\nobject\n)\x81"), "refused"},
		{"newobj", pickle(name("collections", "OrderedDict") + ")\x81"), "opcode 0x81"},
		{"inst", pickle("(icollections\nOrderedDict\n"), "opcode 0x69"},
		{"stack global", pickle(text("os") + text("system") + "\x93"), "opcode 0x93"},
		{"extension", pickle("\x82\x01"), "opcode 0x82"},
		{"text persistent id", pickle("Pstorage\n"), "opcode 0x50"},
		{"old integer", pickle("I1\n"), "opcode 0x49"},
		{"frame", pickle("\x95\x00\x00\x00\x00\x00\x00\x00\x00"), "opcode 0x95"},
		{"global without end", "\x80\x02ccollections", "ends too soon"},
		{"global too long", pickle("c" + strings.Repeat("m", 200) + "\nx\n"), "more than 128 bytes"},
		{"call of a storage", pickle(name("torch", "FloatStorage") + ")R"), "cannot be called"},
		{"call of a text", pickle(text("os.system") + ")R"), "cannot be called"},
		{"call without arguments", pickle(name("collections", "OrderedDict") + "R"), "a value is missing"},
		{"call with a list", pickle(name("collections", "OrderedDict") + "]R"), "cannot be called"},
		{"table with arguments", pickle(name("collections", "OrderedDict") + "N\x85R"), "made with arguments"},
		{"tensor without arguments", pickle(name("torch._utils", "_rebuild_tensor_v2") + ")R"), "0 arguments"},
		{"tensor of a text", pickle(rebuild(text("s"), 0, nums(1), nums(1))), "of other kinds"},
		{"shape of texts", pickle(floats(0, text("x")+"\x85", nums(1))), "of other kinds"},
		{"parameter of nothing", pickle(name("torch._utils", "_rebuild_parameter") + "N\x89N\x87R"), "no tensor"},
		{"parameter with one argument", pickle(name("torch._utils", "_rebuild_parameter") + "N\x85R"), "1 arguments"},
		{"attributes of a tensor", pickle(ok + "}b"), "what is no table"},
		{"attributes of nothing", pickle("}b"), "what is no table"},
		{"item in a number", pickle("K\x01NNs"), "what is no table"},
		{"item in a list", pickle("]NNs"), "what is no table"},
		{"odd items", pickle("}(Nu"), "what is no table"},
		{"append to a table", pickle("}Na"), "what is no list"},
		{"append to nothing", pickle("(Na"), "what is no list"},
		{"append below a mark", pickle("](Na"), "what is no list"},
		{"pop below a mark", pickle("N(\x85"), "a value is missing"},
		{"tuple without a mark", pickle("Nt"), "a mark is missing"},
		{"put of nothing", pickle("q\x00"), "a value is missing"},
		{"get of nothing", pickle("h\x00"), "memo 0 was never written"},
		{"memo too high", pickle("Nr\xff\xff\xff\xff"), "memo 4294967295"},
		{"text of 4 GB", pickle("X\xff\xff\xff\xff"), "ends too soon"},
		{"text not UTF-8", pickle("X\x01\x00\x00\x00\xff"), "not valid UTF-8"},
		{"integer of 255 bytes", pickle("\x8a\xff" + strings.Repeat("\xff", 255)), "an integer of 255 bytes"},
		{"cut integer", "\x80\x02J\x00", "ends too soon"},
		{"cut long", "\x80\x02\x8a\x08\x00", "ends too soon"},
		{"cut float", "\x80\x02G\x00", "ends too soon"},
		{"cut length", "\x80\x02X\x00", "ends too soon"},
		{"cut memo", "\x80\x02Nq", "ends too soon"},
		{"cut protocol", "\x80", "ends too soon"},
		{"marks in marks", pickle(strings.Repeat("(", 65)), "more than 64 open marks"},
		{"stack", pickle(strings.Repeat("N", maxStack+1)), "more than 65536 values"},
		{"operations", pickle("N" + strings.Repeat("q\x00", maxOperations)), "more than 524288 operations"},
		{"reference to a file", pickle("(" + text("file") + name("torch", "FloatStorage") + text("0") + text("cpu") + num(6) + "tQ"), "not to a storage"},
		{"reference of four", pickle("(" + text("storage") + name("torch", "FloatStorage") + text("0") + num(6) + "tQ"), "not to a storage"},
		{"reference with a table", pickle("(}" + name("torch", "FloatStorage") + text("0") + text("cpu") + num(6) + "tQ"), "not to a storage"},
		{"reference to a builder", pickle("(" + text("storage") + name("collections", "OrderedDict") + text("0") + text("cpu") + num(6) + "tQ"), "not to a storage"},
		{"reference to nothing", pickle("NQ"), "not to a storage"},
		{"short integers", pickle("(" + text("storage") + name("torch", "ShortStorage") + text("0") + text("cpu") + num(6) + "tQ"), `"torch.ShortStorage"`},
		{"storage that is not there", pickle(ref("FloatStorage", "9", 6)), `storage "9" is not in the file`},
		{"storage above", pickle(ref("FloatStorage", "../data.pkl", 6)), `storage "../data.pkl" is not in the file`},
		{"storage shorter than said", pickle(ref("FloatStorage", "0", 7)), "of 7 f32 elements has 24 bytes"},
		{"storage longer than said", pickle(ref("FloatStorage", "0", 5)), "of 5 f32 elements has 24 bytes"},
		{"storage of another kind", pickle(ref("DoubleStorage", "0", 6)), "of 6 f64 elements has 24 bytes"},
		{"negative storage", pickle(ref("FloatStorage", "0", -6)), "of -6 f32"},
		{"storage over 64 bits", pickle(ref("FloatStorage", "0", 1<<62+6)), "elements has 24 bytes"},
		{"tensor over its storage", pickle(floats(0, nums(7), nums(1))), "reaches over its storage of 6"},
		{"offset over its storage", pickle(floats(3, nums(4), nums(1))), "reaches over"},
		{"offset of an empty tensor", pickle(floats(7, nums(0), nums(1))), "reaches over"},
		{"negative offset", pickle(floats(-1, nums(2), nums(1))), "reaches over"},
		{"stride over its storage", pickle(floats(0, nums(2, 2), nums(5, 1))), "reaches over"},
		{"negative stride", pickle(floats(5, nums(6), nums(-1))), "with strides [-1]"},
		{"negative size", pickle(floats(0, nums(-2, -3), nums(3, 1))), "shape [-2 -3]"},
		{"stride over 64 bits", pickle(floats(0, nums(3, 3), nums(max, max))), "reaches over"},
		{"size over 64 bits", pickle(floats(0, nums(1<<32, 1<<32), nums(0, 0))), "reaches over"},
		{"sum over 64 bits", pickle(floats(1, nums(2, 2, 2), nums(max, max, 1))), "reaches over"},
		{"size and stride to zero in 64 bits", pickle(floats(0, nums(1<<32+1), nums(1<<32))), "reaches over"},
		{"repeated element", pickle(floats(0, nums(1<<40), nums(0))), "repeats the 6 elements"},
		{"more sizes than strides", pickle(floats(0, nums(1, 1), nums(1))), "with strides [1]"},
		{"nine sizes", pickle(floats(0, nums(1, 1, 1, 1, 1, 1, 1, 1, 1), nums(1, 1, 1, 1, 1, 1, 1, 1, 1))), "of other kinds"},
		{"name twice", pickle(table(text("w"), ok, text("w"), ok)), `tensor "w" twice`},
		{"name twice through tables", pickle(table(text("a"), table(text("w"), ok), text("a.w"), ok)), `tensor "a.w" twice`},
		{"name too long", pickle(table(text(strings.Repeat("n", maxName+1)), ok)), "a name longer than 256"},
		{"deep tables", pickle(deep), "more than 4 tables"},
		{"table in itself", pickle("}q\x00(" + text("t") + "h\x00u"), "one table lies in two places"},
		{"table in two places", pickle(table(text("a"), "}q\x00", text("b"), "h\x00")), "one table lies in two places"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(mapped.Bytes(small(t, c.pickle)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want …%s…", err, c.want)
			}
		})
	}
}
