package pth

import (
	"bytes"
	"errors"
	"fmt"

	"kinora/inference/tensor"
)

// A global is a Python name that a pickle may speak of.
type global string

// storages lists the kinds of storage by their Python names.
var storages = map[global]tensor.DType{
	"torch.BFloat16Storage": tensor.BF16, "torch.HalfStorage": tensor.F16,
	"torch.FloatStorage": tensor.F32, "torch.DoubleStorage": tensor.F64,
	"torch.LongStorage": tensor.I64, "torch.IntStorage": tensor.I32,
	"torch.CharStorage": tensor.I8, "torch.ByteStorage": tensor.U8, "torch.BoolStorage": tensor.Bool,
}

// builders lists the calls that are understood, each turned into data.
var builders = map[global]func(args tuple) (any, error){
	"collections.OrderedDict":         orderedDict,
	"torch._utils._rebuild_tensor_v2": rebuildTensor,
	"torch._utils._rebuild_parameter": rebuildParameter,
}

func (m *vm) global() error {
	var name [2]string
	for i := range name {
		n := bytes.IndexByte(m.in[m.at:], '\n')
		if n < 0 {
			return errCut
		}
		if n > 128 {
			return errors.New("a global of more than 128 bytes")
		}
		name[i] = string(m.in[m.at : m.at+n])
		m.at += n + 1
	}
	g := global(name[0] + "." + name[1])
	_, isStorage := storages[g]
	if builders[g] == nil && !isStorage {
		return fmt.Errorf("refused: it asks for %q, which is no part of a table of tensors and could run code; save the weights alone, as safetensors", string(g))
	}
	return m.push(g)
}

// persistent reads ("storage", kind, key, location, numel).
func (m *vm) persistent() error {
	v, err := m.pop(1)
	if err != nil {
		return err
	}
	id, ok := v[0].(tuple)
	if !ok || len(id) != 5 || id[0] != any("storage") {
		return errors.New("a reference that is not to a storage")
	}
	kind, ok1 := id[1].(global)
	key, ok2 := id[2].(string)
	numel, ok3 := id[4].(int64)
	d, ok4 := storages[kind]
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return errors.New("a reference that is not to a storage")
	}
	s, err := m.lookup(d, key, numel)
	if err != nil {
		return err
	}
	return m.push(s)
}

func (m *vm) reduce() error {
	v, err := m.pop(2)
	if err != nil {
		return err
	}
	g, ok1 := v[0].(global)
	args, ok2 := v[1].(tuple)
	if !ok1 || !ok2 || builders[g] == nil {
		return errors.New("a call of what cannot be called")
	}
	made, err := builders[g](args)
	if err != nil {
		return fmt.Errorf("%s: %w", g, err)
	}
	return m.push(made)
}

// build sets attributes. Tables of tensors carry one, versions of their modules,
// which nothing here needs.
func (m *vm) build() error {
	if _, err := m.pop(1); err != nil {
		return err
	}
	if _, ok := m.top().(*dict); !ok {
		return errors.New("attributes are set on what is no table")
	}
	return nil
}

func orderedDict(args tuple) (any, error) {
	if len(args) != 0 {
		return nil, errors.New("made with arguments")
	}
	return &dict{}, nil
}

// rebuildTensor reads (storage, offset, size, stride, requires_grad, hooks, …).
func rebuildTensor(args tuple) (any, error) {
	if len(args) < 6 || len(args) > 7 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	s, ok1 := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	shape, ok3 := ints(args[2])
	strides, ok4 := ints(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, errors.New("arguments of other kinds than storage, offset, size, stride")
	}
	return newArray(s, offset, shape, strides)
}

func rebuildParameter(args tuple) (any, error) {
	if len(args) != 3 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	a, ok := args[0].(*array)
	if !ok {
		return nil, errors.New("a parameter that is no tensor")
	}
	return a, nil
}

func ints(v any) ([]int64, bool) {
	t, ok := v.(tuple)
	if !ok || len(t) > maxDims {
		return nil, false
	}
	n := make([]int64, len(t))
	for i := range t {
		if n[i], ok = t[i].(int64); !ok {
			return nil, false
		}
	}
	return n, true
}
