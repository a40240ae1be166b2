return {on_conect = function() end}
