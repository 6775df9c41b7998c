"""The words for what is drawn: English verbs in their plain form, Chinese places without 在."""
EN = {
    'circle': ['circle', 'ball', 'disc'], 'square': ['square', 'block'], 'triangle': ['triangle'], 'star': ['star'], 'heart': ['heart'],
    'crescent': ['crescent', 'crescent moon'], 'diamond': ['diamond', 'gem'], 'ring': ['ring', 'hoop'],
    'bottle': ['bottle', 'water bottle', 'drink bottle'], 'shoe': ['shoe', 'sneaker', 'trainer', 'running shoe'], 'phone': ['phone', 'smartphone', 'mobile phone'],
    'cup': ['cup', 'mug', 'coffee cup', 'coffee mug'], 'watch': ['watch', 'wristwatch'], 'bag': ['bag', 'handbag'],
    'headphones': ['headphones', 'headphones', 'headset', 'earphones'], 'gift': ['gift', 'gift box', 'present'], 'lamp': ['lamp', 'desk lamp', 'table lamp'],
    'dog': ['dog', 'Shiba Inu', 'Shiba', 'Shiba Inu dog', 'puppy'], 'cat': ['cat', 'kitten', 'kitty'], 'rabbit': ['rabbit', 'bunny', 'bunny rabbit'],
    'robot': ['robot'], 'person': ['person', 'girl', 'girl', 'kid', 'child', 'little girl'],
}
PAIRS = ['headphones', 'earphones']
ZH = {
    'circle': ['圆形', '球', '圆球', '圆盘'], 'square': ['方块', '正方形'], 'triangle': ['三角形'], 'star': ['星星', '五角星'], 'heart': ['爱心', '心形'],
    'crescent': ['月牙'], 'diamond': ['钻石', '宝石'], 'ring': ['圆环', '圆圈'], 'bottle': ['瓶子', '饮料瓶', '水瓶'], 'shoe': ['鞋子', '运动鞋', '球鞋', '鞋'],
    'phone': ['手机', '智能手机'], 'cup': ['杯子', '咖啡杯', '马克杯'], 'watch': ['手表', '腕表'], 'bag': ['手提包', '包包', '提包'],
    'headphones': ['耳机', '头戴式耳机'], 'gift': ['礼盒', '礼物', '礼品盒'], 'lamp': ['台灯', '灯'],
    'dog': ['柴犬', '小狗', '狗', '狗狗'], 'cat': ['小猫', '猫', '猫咪'], 'rabbit': ['兔子', '小兔子', '小兔'], 'robot': ['机器人'],
    'person': ['女孩', '小女孩', '孩子', '小朋友', '人'],
}
ZH_MEASURE = {'bottle': '个', 'shoe': '只', 'phone': '部', 'cup': '个', 'watch': '块', 'bag': '个', 'headphones': '副', 'gift': '个', 'lamp': '盏', 'star': '颗', 'heart': '颗',
              'diamond': '颗', 'dog': '只', 'cat': '只', 'rabbit': '只', 'robot': '个'}
ZH_COLOUR = {'red': ['红色', '红'], 'orange': ['橙色', '橘色'], 'yellow': ['黄色', '黄'], 'green': ['绿色', '绿'], 'blue': ['蓝色', '蓝'],
             'purple': ['紫色', '紫'], 'pink': ['粉色', '粉红色'], 'brown': ['棕色', '褐色'], 'black': ['黑色', '黑'], 'white': ['白色', '白']}
SHORT = ['球', '方块', '三角形', '星星', '圆环', '瓶子', '杯子', '手机', '鞋子', '鞋', '手表', '礼盒', '台灯', '耳机', '猫', '小猫', '狗', '小狗', '兔子', '小兔子', '机器人']
NUMBERS = {2: ('two', '两'), 3: ('three', '三')}
EN_MOTION = {
    'left': ['move left', 'move to the left', 'slide left', 'slide to the left', 'go left', 'move from right to left'],
    'right': ['move right', 'move to the right', 'slide right', 'slide to the right', 'go right', 'move from left to right'],
    'up': ['move up', 'rise', 'go up', 'move upwards'], 'down': ['move down', 'fall', 'go down', 'move downwards'],
    'bounce': ['bounce', 'bounce up and down'], 'spin': ['spin', 'rotate', 'turn around', 'spin around'],
    'grow': ['grow', 'get bigger', 'grow bigger', 'get larger'], 'shrink': ['shrink', 'get smaller'],
    'orbit': ['move in a circle', 'go around in a circle', 'circle around', 'fly in circles'], 'still': ['', '', 'stand still', 'hover in place'],
    'float in': ['float in', 'drift in', 'float into view', 'drift into view', 'float into the picture'],
    'spotlight': ['in the spotlight', 'lit by a spotlight', 'under a spotlight', 'in a spotlight'],
    'confetti': ['with confetti falling', 'with falling confetti', 'under falling confetti', 'in a rain of confetti'],
}
EN_EVENT = {'spotlight': ['a spotlight lights up', 'a spotlight shines on', 'a spotlight falls on', 'a spotlight shining on'],
            'confetti': ['confetti falls on', 'confetti falling on', 'confetti rains down on', 'confetti is falling on']}
ZH_MOTION = {
    'left': ['向左移动', '向左滑动', '往左移动', '从右向左移动'], 'right': ['向右移动', '向右滑动', '往右移动', '从左向右移动'],
    'up': ['向上移动', '上升', '往上移动', '升起'], 'down': ['向下移动', '下落', '往下移动', '落下'], 'bounce': ['弹跳', '上下弹跳', '蹦跳'], 'spin': ['旋转', '转动'],
    'grow': ['变大', '逐渐变大', '越来越大'], 'shrink': ['变小', '逐渐变小', '越来越小'], 'orbit': ['绕圈移动', '绕圈', '绕着圈飞'], 'still': ['', '', '静止不动'],
    'float in': ['飘进来', '飘入画面', '飘进画面'], 'spotlight': ['在聚光灯下', '被聚光灯照亮', '在聚光灯中'], 'confetti': ['彩带飘落', '彩带纷纷落下', '彩纸飘落'],
}
ZH_EVENT = {'spotlight': [('聚光灯照亮', ''), ('聚光灯照在', '上'), ('聚光灯打在', '上')], 'confetti': [('彩带落在', '上'), ('彩带飘落在', '上'), ('彩纸落在', '上'), ('彩带洒在', '上')]}
EN_ACTION = {
    'walk left': ['walk left', 'walk to the left', 'stroll to the left', 'stroll left'], 'walk right': ['walk right', 'walk to the right', 'walk', 'stroll', 'stroll to the right'],
    'jump': ['jump', 'jump up and down', 'hop', 'hop up and down', 'leap'], 'wave': ['wave', 'wave hello', 'wave a hand'], 'dance': ['dance', 'dance around'],
    'plant': ['plant potatoes', 'plant potatoes', 'plant a potato', 'grow potatoes'], 'still': ['', '', 'stand', 'stand still'],
}
EN_RUN = {'walk left': ['run left', 'run to the left'], 'walk right': ['run right', 'run to the right', 'run']}
ZH_ACTION = {
    'walk left': ['向左走', '往左走', '向左散步'], 'walk right': ['向右走', '往右走', '走路', '散步', '行走'], 'jump': ['跳跃', '跳跃', '蹦跳', '蹦蹦跳跳'],
    'wave': ['挥手', '招手', '挥手打招呼', '挥手问好'], 'dance': ['跳舞', '跳舞', '翩翩起舞'], 'plant': ['种土豆', '种土豆', '种植土豆', '种马铃薯'], 'still': ['', '', '站着', '站着不动'],
}
ZH_RUN = {'walk left': ['向左跑', '往左跑'], 'walk right': ['向右跑', '往右跑', '奔跑', '跑步']}
EN_ROBOT, ZH_ROBOT = ['do a mechanical dance', 'do a robot dance'], ['跳机械舞', '跳机器人舞']
EN_DRESS = {'hat': ['in a hat', 'wearing a hat', 'with a hat', 'with a hat on'], 'scarf': ['in a scarf', 'wearing a scarf', 'wearing a red scarf', 'with a scarf'],
            'spacesuit': ['in a spacesuit', 'wearing a spacesuit', 'in a space suit'], 'glasses': ['in glasses', 'wearing glasses', 'with glasses'],
            'cape': ['in a cape', 'wearing a cape', 'with a cape', 'in a red cape']}
ZH_DRESS = {'hat': ['戴着帽子', '戴帽子', '头戴帽子'], 'scarf': ['围着围巾', '戴着围巾', '围着红围巾'], 'spacesuit': ['穿着宇航服', '穿宇航服', '身穿太空服'],
            'glasses': ['戴着眼镜', '戴眼镜'], 'cape': ['披着披风', '披着红披风', '身披斗篷']}
EN_CLOTHES = ['in a {} shirt', 'in {}', 'in {} clothes', 'wearing a {} shirt', 'dressed in {}']
EN_PLACE = {
    'plain': ['', '', '', 'on a plain background'], 'meadow': ['in a meadow', 'on the grass', 'in a green meadow', 'in the meadow'],
    'beach': ['on a beach', 'at the beach', 'on the beach', 'by the sea'], 'city': ['in a city', 'in the city', 'on a city street', 'in the street'],
    'night city': ['in a city at night', 'in the city at night', 'on a city street at night', 'in the street at night'],
    'night': ['at night', 'under the night sky', 'in the night', 'under the stars'], 'mars': ['on Mars', 'on Mars', 'on the planet Mars', 'on the surface of Mars'],
    'moon': ['on the Moon', 'on the Moon', 'on the lunar surface', 'on the surface of the Moon'], 'snow': ['in the snow', 'in a snowy forest', 'on the snow', 'in a snowy landscape'],
    'room': ['in a room', 'at home', 'in the living room', 'in a living room'], 'sea': ['underwater', 'under the sea', 'under water', 'at the bottom of the sea'],
}
ZH_PLACE = {
    'plain': ['', '', '', '纯色背景上'], 'meadow': ['草地上', '绿色的草地上', '草地上'], 'beach': ['海滩上', '沙滩上', '海边'], 'city': ['城市里', '街道上', '城市街道上', '大街上'],
    'night city': ['夜晚的城市里', '夜晚的街道上', '夜晚的大街上', '夜晚的城市街道上'], 'night': ['夜晚', '夜空下', '星空下'], 'mars': ['火星上', '火星', '火星表面'],
    'moon': ['月球上', '月球表面', '月球上'], 'snow': ['雪地里', '雪地上', '雪中', '雪林里'], 'room': ['房间里', '家里', '客厅里'], 'sea': ['水下', '海底', '海里'],
}
EN_SPEED = {'slow': ['slowly'], 'fast': ['quickly', 'fast']}
ZH_SPEED = {'slow': ['慢慢地', '慢慢', '缓慢地', '缓缓'], 'fast': ['快速地', '快速', '飞快地']}
EN_CAMERA = {'zoom in': ['the camera zooms in', 'camera zooming in', 'the camera zooming in', 'zoom in', 'the camera moves closer'],
             'zoom out': ['the camera zooms out', 'camera zooming out', 'the camera zooming out', 'zoom out', 'the camera moves away']}
EN_LENS = {'zoom in': ['zoom in on ', 'zooming in on ', 'the camera zooms in on '], 'zoom out': ['zoom out from ', 'zooming out from ', 'the camera zooms out from ']}
ZH_CAMERA = {'zoom in': ['镜头推近', '镜头拉近', '镜头推进'], 'zoom out': ['镜头拉远', '镜头后退', '镜头逐渐拉远']}
EN_SCENE = {
    'pendulum': ['a pendulum swinging', 'a swinging pendulum', 'a pendulum swings', 'a pendulum swinging back and forth'],
    'planets': ['planets orbiting the sun', 'planets moving around the sun', 'planets move around the sun', 'the solar system'],
    'ice': ['cold water molecules', 'water molecules in ice', 'water molecules vibrating in ice', 'frozen water molecules'],
    'water': ['water molecules moving', 'water molecules in liquid water', 'molecules of water', 'liquid water molecules'],
    'steam': ['hot water molecules moving fast', 'water molecules in steam', 'hot water molecules', 'water molecules flying around in steam'],
    'ball': ['a bouncing ball', 'a ball falling and bouncing', 'a ball bouncing lower each time', 'the path of a bouncing ball', 'a bouncing ball leaving a trail'],
    'plant': ['a plant growing from a seed', 'a growing plant', 'a seed growing into a flower', 'a flower growing', 'a seed sprouting'],
    'volcano': ['a volcano erupting', 'an erupting volcano', 'a volcano erupts', 'a volcano with lava'],
    'moon': ['the phases of the moon', 'moon phases', 'the moon going through its phases'], 'wave': ['a moving wave', 'a sine wave', 'a moving sine wave', 'a wave travelling'],
    'gears': ['gears turning', 'two gears turning', 'turning gears', 'gears spinning together'],
    'bars': ['a bar chart growing', 'a growing bar chart', 'the bars of a chart rising', 'a bar chart'],
    'heartbeat': ['a beating heart', 'a heart beating', 'a heartbeat', 'a heartbeat with a pulse line'],
    'rocket': ['a rocket launching', 'a rocket taking off', 'a rocket launch', 'a rocket flying into the sky', 'a rocket takes off'],
    'rain': ['rain falling from a cloud', 'a rain cloud', 'rain falling', 'a cloud raining', 'it is raining'],
    'clock': ['a clock ticking', 'a clock', 'the hands of a clock turning', 'a ticking clock', 'a clock showing time passing'],
}
ZH_SCENE = {
    'pendulum': ['摆动的钟摆', '钟摆来回摆动', '单摆来回摆动', '一个钟摆在摆动'], 'planets': ['行星绕着太阳转', '行星围绕太阳运行', '太阳系'],
    'ice': ['冰里的水分子', '寒冷的水分子', '冰中的水分子', '水分子在冰里振动'], 'water': ['水分子在运动', '水分子运动', '液态水中的水分子'],
    'steam': ['热水分子快速运动', '水蒸气中的水分子', '高温的水分子', '水蒸气的分子四处飞'],
    'ball': ['一个弹跳的球', '皮球落地弹起', '小球落下后越弹越低', '小球弹跳的轨迹', '弹跳的小球'],
    'plant': ['种子长成植物', '一颗种子发芽长大', '植物生长', '一朵花在生长', '种子发芽开花'], 'volcano': ['火山喷发', '一座火山在喷发', '火山爆发'],
    'moon': ['月相变化', '月亮的圆缺', '月亮的阴晴圆缺'], 'wave': ['波的传播', '正弦波', '一个移动的波', '一条移动的正弦波'], 'gears': ['齿轮转动', '两个齿轮在转动', '转动的齿轮'],
    'bars': ['柱状图增长', '条形图增长', '一张柱状图', '柱状图逐渐升高'], 'heartbeat': ['跳动的心脏', '心脏跳动', '心跳', '一颗心脏在跳动'],
    'rocket': ['火箭发射', '火箭升空', '一枚火箭发射升空', '火箭起飞'], 'rain': ['乌云下雨', '天上下雨', '一朵云在下雨', '下雨'],
    'clock': ['时钟转动', '钟表的指针在转动', '一个时钟', '时钟滴答走动'],
}
TELL_EN = ['', '', '', '', 'an animation of ', 'a video of ', 'a clip of ', 'show me ', 'animation: ']
TELL_ZH = ['', '', '', '', '动画：', '一段视频：', '一段动画：', '请画']
SELL_EN = ['', '', '', 'introducing ', 'discover ', 'an ad for ', 'an advertisement for ', 'a commercial for ', 'a product video of ']
SELL_ZH = ['', '', '', '广告：', '新品上市：', '隆重推出', '产品广告：']
MEET_EN, MEET_ZH = ['', '', '', '', 'meet ', 'a cartoon of ', 'look at '], ['', '', '', '', '卡通动画：', '快看，', '认识一下']
