package ui

import (
	"encoding/json"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

// toolkitWords are what the toolkit says itself, in menus of fields and where files are
// chosen. It goes by the system's language; the window may have been set to another.
var toolkitWords = speech{
	"Cancel": "取消", "Confirm": "确定", "Copy": "复制", "Create Folder": "新建文件夹", "Cut": "剪切", "Enter filename": "输入文件名",
	"Error": "错误", "File": "文件", "Folder": "文件夹", "New Folder": "新文件夹", "No": "否", "OK": "好", "Open": "打开", "Paste": "粘贴",
	"Quit": "退出", "Redo": "重做", "Save": "保存", "Select all": "全选", "Show Hidden Files": "显示隐藏的文件", "Undo": "撤销", "Yes": "是",
}

// toolkitKeys are those that the toolkit looks up by a key of its own.
var toolkitKeys = map[string][2]string{"file.name": {"Name", "名称"}, "file.parent": {"Parent", "上级文件夹"}}

// teach gives the toolkit its words in the window's language.
func (s speech) teach() error {
	words := map[string]any{}
	for en, zh := range toolkitWords {
		words[en] = en
		if s != nil {
			words[en] = zh
		}
	}
	for key, said := range toolkitKeys {
		words[key] = map[string]string{"other": said[0]}
		if s != nil {
			words[key] = map[string]string{"other": said[1]}
		}
	}
	b, err := json.Marshal(words)
	if err != nil {
		return err
	}
	return lang.AddTranslations(fyne.NewStaticResource(lang.SystemLocale().LanguageString()+".json", b))
}
