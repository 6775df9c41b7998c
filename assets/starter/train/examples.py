"""The prompts the app offers, each with the clip it means."""


def _scene(en, zh, subject):
    return en, zh, dict(kind='scene', subject=subject)


def _thing(en, zh, colour, subject, motion, place='plain', count=1, speed='normal', camera='none'):
    return en, zh, dict(kind='thing', subject=subject, colour=colour, motion=motion, place=place, count=count, speed=speed, camera=camera)


def _one(en, zh, subject, action, place='plain', dress='none', colour=None, speed='normal', camera='none'):
    return en, zh, dict(kind='character', subject=subject, colour=colour, dress=dress, action=action, place=place, speed=speed, camera=camera)


OFFERED = {
    'class animation': [
        _scene('planets orbiting the sun', '行星绕着太阳转', 'planets'), _scene('a pendulum swinging back and forth', '单摆来回摆动', 'pendulum'),
        _scene('water molecules in liquid water', '液态水中的水分子', 'water'), _scene('water molecules vibrating in ice', '水分子在冰里振动', 'ice'),
        _scene('a plant growing from a seed', '种子长成植物', 'plant'), _scene('a volcano erupting', '火山喷发', 'volcano'),
        _scene('the phases of the moon', '月相变化', 'moon'), _scene('a beating heart', '跳动的心脏', 'heartbeat'),
        _scene('a rocket taking off', '火箭升空', 'rocket'), _scene('a bar chart growing', '柱状图增长', 'bars')],
    'advertisement': [
        _thing('a red sneaker in the spotlight', '一只红色的运动鞋在聚光灯下', 'red', 'shoe', 'spotlight'),
        _thing('confetti falls on a blue gift box', '彩带落在一个蓝色的礼盒上', 'blue', 'gift', 'confetti'),
        _thing('a white phone drifts into view on the Moon', '月球上，一部白色的手机飘入画面', 'white', 'phone', 'float in', 'moon'),
        _thing('introducing a white watch rising slowly on Mars', '隆重推出一块在火星上慢慢上升的白色手表', 'white', 'watch', 'up', 'mars', speed='slow'),
        _thing('a green bottle sliding to the left on a beach', '一个绿色的瓶子在海滩上向左滑动', 'green', 'bottle', 'left', 'beach'),
        _thing('two pink handbags bouncing in a city', '两个粉色的手提包在城市里弹跳', 'pink', 'bag', 'bounce', 'city', 2),
        _thing('a pair of purple headphones floating into view', '一副紫色的耳机飘入画面', 'purple', 'headphones', 'float in'),
        _thing('an orange mug getting bigger in a room', '一个橙色的马克杯在房间里变大', 'orange', 'cup', 'grow', 'room'),
        _thing('a spotlight shines on a yellow desk lamp in a room', '在房间里，聚光灯照在一盏黄色的台灯上', 'yellow', 'lamp', 'spotlight', 'room'),
        _thing('two red gift boxes moving right underwater', '两个红色的礼盒在水下向右移动', 'red', 'gift', 'right', 'sea', 2)],
    'characters': [
        _one('a Shiba Inu in a spacesuit planting potatoes on Mars', '一只柴犬穿着宇航服在火星种土豆', 'dog', 'plant', 'mars', 'spacesuit'),
        _one('a robot doing a mechanical dance in a city at night', '一个机器人在夜晚的城市里跳机械舞', 'robot', 'dance', 'night city'),
        _one('a cat in a scarf walking to the right in the snow', '一只围着围巾的小猫在雪地里向右走', 'cat', 'walk right', 'snow', 'scarf'),
        _one('a rabbit wearing glasses waving hello in a meadow', '一只戴着眼镜的兔子在草地上挥手', 'rabbit', 'wave', 'meadow', 'glasses'),
        _one('an astronaut jumping on the Moon', '一个宇航员在月球上跳跃', 'person', 'jump', 'moon', 'spacesuit'),
        _one('a girl in a red shirt dancing on a beach', '一个穿红色衣服的女孩在海滩上跳舞', 'person', 'dance', 'beach', colour='red'),
        _one('a dog with a scarf strolling to the left on a beach', '一只围着围巾的小狗在海滩上向左散步', 'dog', 'walk left', 'beach', 'scarf'),
        _one('a bunny planting potatoes in a meadow', '一只小兔子在草地上种土豆', 'rabbit', 'plant', 'meadow'),
        _one('a kitten dancing underwater', '一只小猫在水下跳舞', 'cat', 'dance', 'sea'),
        _one('a robot wearing a hat waving on Mars', '一个戴着帽子的机器人在火星上挥手', 'robot', 'wave', 'mars', 'hat')],
    'shapes and motion': [
        _thing('a red heart moving left in a city', '一颗红色的爱心在城市里向左移动', 'red', 'heart', 'left', 'city'),
        _thing('a blue star rising in the snow', '一颗蓝色的星星在雪地里上升', 'blue', 'star', 'up', 'snow'),
        _thing('a yellow ball bouncing in a meadow', '一个黄色的球在草地上弹跳', 'yellow', 'circle', 'bounce', 'meadow'),
        _thing('two green triangles rising slowly', '两个绿色的三角形慢慢地上升', 'green', 'triangle', 'up', count=2, speed='slow'),
        _thing('a pink diamond on the Moon', '一颗粉色的钻石在月球上', 'pink', 'diamond', 'still', 'moon'),
        _thing('a black square falling in the snow', '一个黑色的方块在雪地里下落', 'black', 'square', 'down', 'snow'),
        _thing('an orange ring growing underwater', '一个橙色的圆环在水下变大', 'orange', 'ring', 'grow', 'sea'),
        _thing('a purple heart growing on a beach', '一颗紫色的爱心在海滩上变大', 'purple', 'heart', 'grow', 'beach'),
        _thing('a white crescent moon shrinking at night', '一个白色的月牙在夜空下逐渐变小', 'white', 'crescent', 'shrink', 'night'),
        _thing('two brown blocks moving right on Mars', '两个棕色的方块在火星上向右移动', 'brown', 'square', 'right', 'mars', 2)],
}
CALM = {  # of the small world
    'class animation': [
        _scene('planets orbiting the sun', '行星绕着太阳转', 'planets'), _scene('a pendulum swinging back and forth', '单摆来回摆动', 'pendulum'),
        _scene('hot water molecules moving fast', '热水分子快速运动', 'steam'), _scene('water molecules vibrating in ice', '水分子在冰里振动', 'ice'),
        _scene('a plant growing from a seed', '种子长成植物', 'plant'), _scene('a volcano erupting', '火山喷发', 'volcano'),
        _scene('the phases of the moon', '月相变化', 'moon'), _scene('two gears turning', '两个齿轮在转动', 'gears'),
        _scene('a rocket taking off', '火箭升空', 'rocket'), _scene('a bar chart growing', '柱状图增长', 'bars')],
    'advertisement': [
        _thing('a red sneaker in the spotlight', '一只红色的运动鞋在聚光灯下', 'red', 'shoe', 'spotlight'),
        _thing('confetti falls on a blue gift box', '彩带落在一个蓝色的礼盒上', 'blue', 'gift', 'confetti'),
        _thing('a white phone spinning in a city', '一部白色的手机在城市里旋转', 'white', 'phone', 'spin', 'city'),
        _thing('a green bottle on a beach', '一个绿色的瓶子在海滩上', 'green', 'bottle', 'still', 'beach'),
        _thing('an orange mug getting bigger in a meadow', '一个橙色的马克杯在草地上变大', 'orange', 'cup', 'grow', 'meadow'),
        _thing('a pink gift box bouncing in the snow', '一个粉色的礼盒在雪地里弹跳', 'pink', 'gift', 'bounce', 'snow'),
        _thing('introducing a purple phone', '隆重推出一部紫色的手机', 'purple', 'phone', 'still'),
        _thing('a yellow shoe moving right in a meadow', '一只黄色的鞋子在草地上向右移动', 'yellow', 'shoe', 'right', 'meadow'),
        _thing('a spotlight shines on a white phone', '聚光灯照在一部白色的手机上', 'white', 'phone', 'spotlight'),
        _thing('a red bottle rising underwater', '一个红色的瓶子在水下上升', 'red', 'bottle', 'up', 'sea')],
    'characters': [
        _one('a Shiba Inu in a spacesuit planting potatoes on Mars', '一只柴犬穿着宇航服在火星种土豆', 'dog', 'plant', 'mars', 'spacesuit'),
        _one('a robot doing a mechanical dance in a city', '一个机器人在城市里跳机械舞', 'robot', 'dance', 'city'),
        _one('a cat walking to the right in the snow', '一只小猫在雪地里向右走', 'cat', 'walk right', 'snow'),
        _one('a dog jumping in a meadow', '一只小狗在草地上跳跃', 'dog', 'jump', 'meadow'),
        _one('a cat in a hat waving on a beach', '一只戴着帽子的小猫在海滩上挥手', 'cat', 'wave', 'beach', 'hat'),
        _one('a robot waving hello on Mars', '一个机器人在火星上挥手', 'robot', 'wave', 'mars'),
        _one('a Shiba Inu dancing at night', '一只柴犬在夜晚跳舞', 'dog', 'dance', 'night'),
        _one('a cat in a spacesuit jumping on Mars', '一只穿着宇航服的小猫在火星上跳跃', 'cat', 'jump', 'mars', 'spacesuit'),
        _one('a robot in a hat walking to the left in a city', '一个戴着帽子的机器人在城市里向左走', 'robot', 'walk left', 'city', 'hat'),
        _one('a kitten dancing underwater', '一只小猫在水下跳舞', 'cat', 'dance', 'sea')],
    'shapes and motion': [
        _thing('a red square moving to the right', '一个红色的方块向右移动', 'red', 'square', 'right'),
        _thing('a blue star spinning at night', '一颗蓝色的星星在夜晚旋转', 'blue', 'star', 'spin', 'night'),
        _thing('a yellow ball bouncing in a meadow', '一个黄色的球在草地上弹跳', 'yellow', 'circle', 'bounce', 'meadow'),
        _thing('a green triangle rising', '一个绿色的三角形上升', 'green', 'triangle', 'up'),
        _thing('a red heart moving left in a city', '一颗红色的爱心在城市里向左移动', 'red', 'heart', 'left', 'city'),
        _thing('an orange ring moving in a circle underwater', '一个橙色的圆环在水下绕圈', 'orange', 'ring', 'orbit', 'sea'),
        _thing('a purple heart growing on a beach', '一颗紫色的爱心在海滩上变大', 'purple', 'heart', 'grow', 'beach'),
        _thing('a white star shrinking on Mars', '一颗白色的星星在火星上变小', 'white', 'star', 'shrink', 'mars'),
        _thing('a pink circle falling in the snow', '一个粉色的圆形在雪地里下落', 'pink', 'circle', 'down', 'snow'),
        _thing('a blue square moving left on a beach', '一个蓝色的方块在海滩上向左移动', 'blue', 'square', 'left', 'beach')],
}


def offered(world):
    """The app's prompts for an edition: those of the full world, or the calmer ones."""
    return {name: [dict(en=en, zh=zh) for en, zh, _ in rows] for name, rows in (CALM if world.only else OFFERED).items()}
